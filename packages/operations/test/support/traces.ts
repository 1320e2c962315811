import { recordFailure } from '@goals-tasks/db'
import type { ConsumerName } from '@goals-tasks/events'
import { loadTrace } from '../../src/trace/load-trace.ts'
import { type Operations, operationsTest } from './operations.ts'

/** A test with `trace`, which follows an id, and `traceAt`, which follows an event to one consumer. */
export const test = operationsTest
  .extend(
    'trace',
    { scope: 'file' },
    ({ operations }) =>
      (id: string, limit = 20) =>
        loadTrace(operations, id, limit),
  )
  .extend('traceAt', { scope: 'file' }, ({ trace }) => async (eventId: string, consumer: ConsumerName) => {
    const found = await trace(eventId)
    return found?.events[0]?.consumers.find((each) => each.consumer === consumer)
  })

/** Records a failed attempt of `sync`. */
export const recordSyncFailure = ({ pool }: Operations, eventId: string) =>
  recordFailure(pool, { consumer: 'sync', eventId, error: 'it timed out', delaysMs: [60_000], leaseMs: 30_000 })

/** Deletes the delivery, as a worker does when the consumer is done. */
export const finishDelivery = ({ pool }: Operations, eventId: string, consumer: ConsumerName) =>
  pool.query('delete from deliveries where event_id = $1 and consumer = $2', [eventId, consumer])

/** Inserts the row of the audit log for an event of a goal. */
export const insertAuditRow = ({ pool }: Operations, eventId: string) =>
  pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
     select aggregate_id, aggregate_version, id, type, actor_id, after, occurred_at from events where id = $1`,
    [eventId],
  )

/** Inserts a second version of the goal: it is completed. Returns the id of the event. */
export async function insertCompletion({ pool }: Operations, goalId: string): Promise<string> {
  const { rows } = await pool.query(
    `insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, before, after)
     select 'goal:completed', 'goal', aggregate_id, 2, 1, actor_id, after,
            jsonb_set(jsonb_set(after::jsonb, '{status}', '"COMPLETED"'), '{version}', '2')::json
     from events where aggregate_id = $1 returning id`,
    [goalId],
  )
  return rows[0].id
}
