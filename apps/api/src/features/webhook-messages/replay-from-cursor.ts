import { eventsPerReplayStep, type QueuedFeedStep, queueFeedStep } from '@goals-tasks/db'
import { invalidBody, type Problem } from '@goals-tasks/http'
import type { Deps } from '../../deps.ts'
import { type FeedCursor, formatCursor, parseCursor } from '../../resource/lists/feed-cursor.ts'
import { beginFeed, isExpired, windowOf } from '../changes/read.ts'
import type { StoredWebhook } from '../webhooks/read.ts'
import { webhookEventTypes } from '../webhooks/states.ts'
import type { ReplayResult } from './schemas.ts'

/** A webhook of a user. The endpoint of the installation has no feed. */
export type OwnedWebhook = StoredWebhook & { ownerId: string }
export const isOwned = (webhook: StoredWebhook): webhook is OwnedWebhook => webhook.ownerId !== null

/** A cursor of a replay belongs to one webhook, and is no cursor of the feed. */
const readerOf = ({ id, ownerId }: OwnedWebhook): string => `${ownerId} at ${id}`

export const refuse = (member: 'cursor' | 'fromCursor', detail: string): Problem =>
  invalidBody([{ pointer: `/${member}`, detail }])

/** Returns the place at which a replay from a cursor of the owner's feed begins. @throws Problem 422 */
export async function beginReplay(deps: Deps, { ownerId }: OwnedWebhook, text: string): Promise<FeedCursor> {
  const cursor = await beginFeed(deps, { id: ownerId }, text)
  if (cursor) return cursor
  throw refuse('fromCursor', 'is no cursor of the feed of the owner of the webhook, and not "beginning"')
}

/** Returns the place at which a replay of the feed goes on, or undefined when the text is no cursor of one. */
export const parseReplayCursor = (webhook: OwnedWebhook, text: string): FeedCursor | undefined =>
  parseCursor(readerOf(webhook), text)

/**
 * Queues the next events after a place in the feed of the owner. The first step fixes where the replay ends.
 * @throws Problem 422 when events after the place are no longer kept
 */
export const queueFeed = (deps: Deps, webhook: OwnedWebhook, cursor: FeedCursor): Promise<ReplayResult> =>
  deps.transaction({ actorId: webhook.ownerId }, async ({ db }) => {
    const { id: webhookId, ownerId } = webhook
    const step = { webhookId, ownerId, types: webhookEventTypes, window: windowOf(cursor) }
    const queued = await queueFeedStep(db, step)
    if (isExpired(cursor, queued))
      throw refuse(cursor.rest ? 'cursor' : 'fromCursor', 'has expired: events after it are no longer kept')
    return { count: queued.count, nextCursor: cursorAfter(webhook, cursor, queued) }
  })

function cursorAfter(webhook: OwnedWebhook, { epoch, from, rest }: FeedCursor, queued: QueuedFeedStep): string | null {
  if (queued.read < eventsPerReplayStep || queued.last === null) return null
  const to = rest?.to ?? { snapshot: queued.snapshot, takenAtMs: Math.floor(queued.takenAtMs) }
  return formatCursor(readerOf(webhook), { epoch, from, rest: { to, after: queued.last } })
}
