import { type DomainEvent, webhookConsumer } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { idValues, wantedEvents, wantedFields } from '../delivery/deliveries.ts'
import { uuid } from '../engine/parameters.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import { type EventVisibility, visibilityOr } from '../reads/event-visibility.ts'

/** An event for one webhook, with how it looks to the webhook's owner. */
export type WebhookMessage = DomainEvent & {
  visibility: EventVisibility
  /** The owner asked for it again. */
  isReplay: boolean
}

const reader = uuid('readerId')

/** The row of the reader, which the key leads to. The epochs of an installation are few. */
const recorded = sql`(
    select r.visibility from event_readers r
    where r.reader_id = ${reader} and r.xid = message.xid and r.position = message.position and r.event_id = message.id
      and r.epoch = any(array(select generate_series(0, epoch) from installation))
    limit 1)`

const load = prepareStatement<WebhookMessage>(
  'webhook_messages',
  sql`select message.*, case when ${reader} is null then 'kept'
               else ${visibilityOr(recorded, reader, sql`message`)} end as visibility
      from (
        select ${wantedFields}, e.xid, e.position, d.is_replay as "isReplay"
        from ${wantedEvents(sql`${sql.raw(`'${webhookConsumer}'`)}`, sql`${sql.placeholder('target')}`)}
      ) message
      order by message.id`,
)

/**
 * Returns the events among `ids` that are not delivered to the target yet. `readerId` is the owner of the webhook; null
 * sees everything.
 */
export const loadWebhookMessages = (
  db: Executor,
  { target, readerId, ids }: { target: string; readerId: string | null; ids: readonly string[] },
): Promise<WebhookMessage[]> => load(db, { target, readerId, ...idValues(ids) })
