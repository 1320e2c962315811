import type { ConsumerName } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { milliseconds, uuidList } from '../engine/parameters.ts'
import { type Executor, executeOnce } from '../engine/statement.ts'
import { eventFields } from './deliveries.ts'

/** Longest error text that is stored. Without a limit, a long response of a receiver would end up in every row. */
const maxErrorLength = 2_000

/**
 * Counts a failed attempt and makes the delivery due again after a delay and `leaseMs`, when its retry should be over.
 * `delaysMs[n - 1]` is the delay after attempt n. Later attempts use the last delay.
 * @returns the attempts so far and the delay in milliseconds; null when the delivery no longer exists
 */
export async function recordFailure(
  db: Executor,
  failure: {
    consumer: ConsumerName
    eventId: string
    error: string
    delaysMs: readonly [number, ...number[]]
    leaseMs: number
  },
): Promise<{ attempts: number; replays: number; delayMs: number } | null> {
  const delays = sql`(${sql.param(failure.delaysMs)}::float8[])`
  const last = sql`${failure.delaysMs.length}::int`
  const [row] = await executeOnce<{ attempts: number; replays: number; delayMs: number }>(
    db,
    sql`update deliveries set attempts = attempts + 1, last_error = ${failure.error.slice(0, maxErrorLength)},
               due_at = now() + ${milliseconds(failure.leaseMs)}
                 + ${delays}[least(attempts + 1, ${last})] * interval '1 millisecond'
        where consumer = ${failure.consumer} and event_id = ${failure.eventId}::uuid and target = ''
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
  { consumer, eventId, error }: { consumer: ConsumerName; eventId: string; error: string },
): Promise<string | null> {
  const [row] = await executeOnce<{ id: string }>(
    db,
    sql`with dead as (
          delete from deliveries d using events e
          where d.consumer = ${consumer} and d.event_id = ${eventId}::uuid and d.target = ''
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

/** Makes deliveries due in `snoozeMs`, without counting an attempt. @returns how many were still there */
export async function snoozeDeliveries(
  db: Executor,
  { consumer, ids, snoozeMs }: { consumer: ConsumerName; ids: readonly string[]; snoozeMs: number },
): Promise<number> {
  const snoozed = await executeOnce(
    db,
    sql`update deliveries set due_at = now() + ${milliseconds(snoozeMs)}
        where consumer = ${consumer} and event_id = any(${uuidList(ids)}) and target = '' returning 1`,
    'deliveries_snooze',
  )
  return snoozed.length
}
