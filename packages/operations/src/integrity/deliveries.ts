import { type Executor, executeOnce } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Finding } from './findings.ts'

/** The place of a delivery in the order of the primary key. */
export type DeliveryPlace = { consumer: string; eventId: string; target: string }

/** Returns the deliveries after `after`, in the order of the primary key. */
export const loadDeliveryPlaces = (
  db: Executor,
  { after, limit }: { after: DeliveryPlace; limit: number },
): Promise<DeliveryPlace[]> =>
  executeOnce<DeliveryPlace>(
    db,
    sql`select consumer, event_id as "eventId", target from deliveries
        where (consumer, event_id, target) > (${after.consumer}, ${after.eventId}::uuid, ${after.target})
        order by consumer, event_id, target limit ${limit}`,
  )

/** Compares these deliveries with their events and with the dead letters. */
export const findDeliveryFaults = (db: Executor, places: readonly DeliveryPlace[]): Promise<Finding[]> =>
  executeOnce<Finding>(
    db,
    sql`
    with batch as (
      select * from unnest(${sql.param(places.map(({ consumer }) => consumer))}::text[],
                           ${sql.param(places.map(({ eventId }) => eventId))}::uuid[],
                           ${sql.param(places.map(({ target }) => target))}::text[]) b(consumer, event_id, target)
    )
    select 'orphan' as kind, 'delivery' as subject, event_id as id, null::int as version from batch
    where not exists (select from events e where e.id = batch.event_id)
    union all
    select 'duplicate', 'delivery', event_id, null from batch
    where exists (select from dead_letters l
                  where (l.consumer, l.event_id, l.target) = (batch.consumer, batch.event_id, batch.target))`,
  )
