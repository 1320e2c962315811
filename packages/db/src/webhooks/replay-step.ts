import { sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import { eventsPerReplayStep, queuedAgain, replayedWebhook } from './queue-again.ts'

/** The time of a replay, in Unix milliseconds, and the place of the last event that was read. */
export type ReplayStep = { fromMs: number; toMs: number; epoch: number; xid: string; position: string }

const idAt = (name: 'fromMs' | 'toMs') => sql`uuidv7_floor(to_timestamp(${sql.placeholder(name)}::float8 / 1000))`
const inTime = sql`event_id >= ${idAt('fromMs')} and event_id < ${idAt('toMs')}`

/** How many events were queued and read, and the place of the last one that was read, which is null without any. */
export type QueuedReplayStep = {
  count: number
  read: number
  epoch: number | null
  xid: string | null
  position: string | null
}
const queue = prepareStatement<QueuedReplayStep>(
  'webhook_replay_step',
  sql`with ${replayedWebhook}, step as materialized (
        select epoch, xid, position, event_id from event_readers
        where reader_id = (select owner_id from webhook) and ${inTime}
          and (epoch, xid, position)
            > (${sql.placeholder('epoch')}::smallint, ${sql.placeholder('xid')}::xid8,
               ${sql.placeholder('position')}::bigint)
        order by epoch, xid, position limit ${sql.raw(String(eventsPerReplayStep))}
      ), ${queuedAgain(sql`and e.id >= ${idAt('fromMs')} and e.id < ${idAt('toMs')}`)}
      select (select count(*)::int from queued) as count, (select count(*)::int from step) as read,
             last.epoch, last.xid::text as xid, last.position::text as position
      from (select) one left join (
        select epoch, xid, position from step order by epoch desc, xid desc, position desc limit 1
      ) last on true`,
)

/**
 * Queues the next events of a time for a webhook again: those of the `types` that its owner could see. A dead letter
 * becomes a delivery again. An event that has a delivery already keeps it.
 */
export async function queueReplayStep(
  db: Executor,
  step: ReplayStep & { webhookId: string; types: readonly string[] },
): Promise<QueuedReplayStep> {
  const [queued] = await queue(db, step)
  return queued ?? { count: 0, read: 0, epoch: null, xid: null, position: null }
}

const moreThan = prepareStatement<object>(
  'webhook_replay_full',
  sql`select from deliveries where target = ${sql.placeholder('webhookId')}::text and target <> ''
      offset ${sql.placeholder('count')}::int limit 1`,
)

/** Returns whether the webhook has more than `count` deliveries. */
export const hasMoreDeliveries = async (db: Executor, webhookId: string, count: number): Promise<boolean> =>
  (await moreThan(db, { webhookId, count })).length > 0
