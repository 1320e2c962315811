import { sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import {
  type FeedPlace,
  type FeedSnapshot,
  type FeedWindow,
  feedWindow,
  placesInOrder,
  presentMs,
  windowValues,
} from '../feed/read-feed.ts'
import { eventsPerReplayStep, queuedAgain, replayedWebhook } from './queue-again.ts'

/**
 * How many events were queued and read, the window's end, and the place of the last one that was read, which is null
 * without any. `isKnown` is false when the snapshot `from` is of a later time than this database has reached.
 */
export type QueuedFeedStep = FeedSnapshot & { isKnown: boolean; count: number; read: number; last: FeedPlace | null }

const queue = prepareStatement<QueuedFeedStep>(
  'webhook_replay_feed',
  sql`with ${feedWindow}, ${replayedWebhook}, step as materialized (
        select place.* from feed_window cross join lateral (${placesInOrder}) place
      ), ${queuedAgain()}
      select epoch, target::text as snapshot, ${presentMs} as "takenAtMs", is_known as "isKnown",
             (select count(*)::int from queued) as count, (select count(*)::int from step) as read,
             (select json_build_object('part', part, 'xid', xid::text, 'position', position::text) from step
              order by part desc, case when part = 0 then xid end desc, position desc limit 1) as last
      from feed_window`,
)

type Step = { webhookId: string; ownerId: string; types: readonly string[]; window: FeedWindow }

/**
 * Queues the next events of a window of its owner's feed for a webhook again, those of the `types`. Call it in a
 * transaction, and roll that back when the window is none of this database.
 */
export async function queueFeedStep(tx: Executor, { window, ownerId, ...step }: Step): Promise<QueuedFeedStep> {
  const limit = eventsPerReplayStep
  const [queued] = await queue(tx, { ...step, readerId: ownerId, limit, ...windowValues(window) })
  if (!queued) throw new Error('the table installation is empty: run `npm run migrate`')
  return queued
}
