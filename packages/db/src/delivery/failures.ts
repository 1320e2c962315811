import type { ConsumerName } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { milliseconds } from '../engine/parameters.ts'
import { type Executor, executeOnce } from '../engine/statement.ts'
import { eventFields } from './deliveries.ts'
import { type DeliveryKey, isOneOf, textOf } from './delivery-key.ts'

/** Longest error text that is stored. Without a limit, a long response of a receiver would end up in every row. */
const maxErrorLength = 2_000

/** The failed attempts so far, and the delay until the next one in milliseconds. */
export type RecordedFailure = { attempts: number; replays: number; delayMs: number }

/**
 * Counts a failed attempt and makes the delivery due again after a delay and `leaseMs`, when its retry should be over.
 * `delaysMs[n - 1]` is the delay after attempt n. Later attempts use the last delay.
 * @returns null when the delivery no longer exists
 */
export async function recordFailure(
  db: Executor,
  failure: {
    consumer: ConsumerName
    eventId: string
    target?: string | undefined
    error: string
    delaysMs: readonly [number, ...number[]]
    leaseMs: number
  },
): Promise<RecordedFailure | null> {
  const delays = sql`(${sql.param(failure.delaysMs)}::float8[])`
  const last = sql`${failure.delaysMs.length}::int`
  const [row] = await executeOnce<RecordedFailure>(
    db,
    sql`update deliveries set attempts = attempts + 1, last_error = ${failure.error.slice(0, maxErrorLength)},
               due_at = now() + ${milliseconds(failure.leaseMs)}
                 + ${delays}[least(attempts + 1, ${last})] * interval '1 millisecond'
        where consumer = ${failure.consumer} and event_id = ${failure.eventId}::uuid
          and target = ${failure.target ?? ''}
        returning attempts, replays, ${delays}[least(attempts, ${last})] as "delayMs"`,
    'delivery_record_failure',
  )
  return row ?? null
}

/**
 * Moves a delivery to the dead letters, with the whole event, in one statement.
 * @returns the id of the dead letter; null when the delivery no longer exists or its event is missing
 */
export async function moveToDeadLetters(
  db: Executor,
  {
    consumer,
    eventId,
    target = '',
    error,
  }: { consumer: ConsumerName; eventId: string; target?: string | undefined; error: string },
): Promise<string | null> {
  const [row] = await executeOnce<{ id: string }>(
    db,
    sql`with dead as (
          delete from deliveries d using events e
          where d.consumer = ${consumer} and d.event_id = ${eventId}::uuid and d.target = ${target}
            and e.id = d.event_id and e.id = ${eventId}::uuid
          returning d.consumer, d.event_id, d.target, d.attempts, d.replays,
                    (select row_to_json(x) from (select ${eventFields()}) x) as event
        )
        insert into dead_letters (consumer, event_id, target, event, attempts, replays, error)
        select consumer, event_id, target, event, attempts, replays, ${error.slice(0, maxErrorLength)} from dead
        on conflict (consumer, event_id, target) do nothing
        returning id`,
    'delivery_to_dead_letters',
  )
  return row?.id ?? null
}

/** Makes deliveries due in `snoozeMs`, without counting an attempt. @returns the events that still had a delivery */
export async function snoozeDeliveries<K extends DeliveryKey>(
  db: Executor,
  { consumer, events, snoozeMs }: { consumer: ConsumerName; events: readonly K[]; snoozeMs: number },
): Promise<K[]> {
  const snoozed = await executeOnce<Required<DeliveryKey>>(
    db,
    sql`update deliveries set due_at = now() + ${milliseconds(snoozeMs)}
        where consumer = ${consumer} and ${isOneOf(events)} returning event_id as id, target`,
    'deliveries_snooze',
  )
  const left = new Set(snoozed.map(textOf))
  return events.filter((event) => left.has(textOf(event)))
}
