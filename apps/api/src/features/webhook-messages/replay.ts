import {
  eventsPerReplayStep,
  hasMoreDeliveries,
  type QueuedReplayStep,
  queueReplayStep,
  type ReplayStep,
} from '@goals-tasks/db'
import { invalidBody, Problem } from '@goals-tasks/http'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { acceptedResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { decodeCursor, encodeCursor } from '../../resource/lists/cursor-text.ts'
import type { FeedCursor } from '../../resource/lists/feed-cursor.ts'
import type { StoredWebhook } from '../webhooks/read.ts'
import { webhookEventTypes } from '../webhooks/states.ts'
import { loadEnabledWebhook } from './read.ts'
import { beginReplay, isOwned, type OwnedWebhook, parseReplayCursor, queueFeed, refuse } from './replay-from-cursor.ts'
import type { Replay, ReplayResult } from './schemas.ts'

/** A replay waits while the webhook has more events than this to get. */
const mostWaiting = 10_000
const [secondMs, dayMs] = [1_000, 86_400_000]
/** An id has no time before 1970, and no event is of this one. */
const latestMs = Date.parse('2200-01-01T00:00:00Z')

/**
 * Sends the next events of a time, or after a cursor of the feed, to a webhook again. The client repeats the request
 * with the cursor until it is null. An event that waits for its first request anyway is not sent twice.
 * @throws Problem 404 for other users, 409 while the webhook is disabled or has too many events to get, 422
 */
export async function replayEvents(deps: Deps, actor: Actor, id: string, body: Replay): Promise<StoredResponse> {
  const webhook = await loadEnabledWebhook(deps.db, actor, id)
  const place = await placeOf(deps, webhook, body)
  if (await hasMoreDeliveries(deps.db, webhook.id, mostWaiting))
    throw new Problem(
      'too-many-undelivered',
      `The webhook has more than ${mostWaiting} events to get. Repeat this request when it has got some.`,
    )
  const result =
    'step' in place ? await queueTime(deps, webhook, place.step) : await queueFeed(deps, place.owned, place.feed)
  return acceptedResponse(JSON.stringify(result))
}

/** The place at which a step begins: of a replay of a time, or of one of the feed. */
type ReplayPlace = { step: ReplayStep } | { feed: FeedCursor; owned: OwnedWebhook }

async function placeOf(deps: Deps, webhook: StoredWebhook, body: Replay): Promise<ReplayPlace> {
  const { from, to, fromCursor, cursor } = body
  const isOne = [cursor, fromCursor, from ?? to].filter((given) => given !== undefined).length <= 1
  if (!isOne) throw refuse(cursor === undefined ? 'fromCursor' : 'cursor', 'stands alone: leave the other members out')
  const owned = isOwned(webhook) ? webhook : undefined
  if (fromCursor !== undefined) {
    if (!owned) throw refuse('fromCursor', 'is for the webhook of a user: the endpoint of the installation has no feed')
    return { feed: await beginReplay(deps, owned, fromCursor), owned }
  }
  if (cursor === undefined) return { step: firstStep(deps, body) }
  const feed = owned && parseReplayCursor(owned, cursor)
  return feed ? { feed, owned } : { step: parseCursor(webhook.id, cursor) }
}

async function queueTime({ db }: Deps, { id: webhookId }: StoredWebhook, step: ReplayStep): Promise<ReplayResult> {
  const queued = await queueReplayStep(db, { ...step, webhookId, types: webhookEventTypes })
  return { count: queued.count, nextCursor: cursorAfter(webhookId, step, queued) }
}

function cursorAfter(webhookId: string, { fromMs, toMs }: ReplayStep, queued: QueuedReplayStep): string | null {
  if (queued.read < eventsPerReplayStep) return null
  return encodeCursor([1, webhookId, fromMs, toMs, queued.epoch, queued.xid, queued.position])
}

function firstStep({ clock }: Deps, { from, to }: Replay): ReplayStep {
  // The ids of the present may be of the next millisecond.
  const toMs = to === undefined ? clock() + secondMs : Date.parse(to)
  const fromMs = from === undefined ? toMs - dayMs : Date.parse(from)
  if (to !== undefined && fromMs >= toMs) throw invalidBody([{ pointer: '/from', detail: 'must lie before `to`' }])
  const bounded = (ms: number) => Math.min(Math.max(ms, 0), latestMs)
  return { fromMs: bounded(fromMs), toMs: bounded(toMs), epoch: 0, xid: '0', position: '0' }
}

const isWhole = (text: unknown): text is string => typeof text === 'string' && /^\d{1,18}$/.test(text)
const isTime = (ms: unknown): ms is number => typeof ms === 'number' && ms >= 0 && ms <= latestMs

function parseCursor(webhookId: string, cursor: string): ReplayStep {
  const [version, id, fromMs, toMs, epoch, xid, position] = decodeCursor(cursor)
  const isEpoch = typeof epoch === 'number' && Number.isInteger(epoch) && epoch >= 0 && epoch < 32_768
  if (
    version === 1 &&
    id === webhookId &&
    isTime(fromMs) &&
    isTime(toMs) &&
    isEpoch &&
    isWhole(xid) &&
    isWhole(position)
  )
    return { fromMs, toMs, epoch, xid, position }
  throw refuse('cursor', 'belongs to no replay of this webhook')
}
