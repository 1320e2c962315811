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
import { webhookEventTypes } from '../webhooks/states.ts'
import { loadEnabledWebhook } from './read.ts'
import type { Replay } from './schemas.ts'

/** A replay waits while the webhook has more events than this to get. */
const mostWaiting = 10_000
const [secondMs, dayMs] = [1_000, 86_400_000]
/** An id has no time before 1970, and no event is of this one. */
const latestMs = Date.parse('2200-01-01T00:00:00Z')

/**
 * Sends the next events of a time to a webhook again. The client repeats the request with the cursor until it is null.
 * An event that waits for its first request anyway is not sent twice.
 * @throws Problem 404 for other users, 409 while the webhook is disabled or has too many events to get, 422
 */
export async function replayEvents(deps: Deps, actor: Actor, id: string, body: Replay): Promise<StoredResponse> {
  const webhook = await loadEnabledWebhook(deps.db, actor, id)
  const step = body.cursor === undefined ? firstStep(deps, body) : parseCursor(webhook.id, body)
  if (await hasMoreDeliveries(deps.db, webhook.id, mostWaiting))
    throw new Problem(
      'too-many-undelivered',
      `The webhook has more than ${mostWaiting} events to get. Repeat this request when it has got some.`,
    )
  const queued = await queueReplayStep(deps.db, { ...step, webhookId: webhook.id, types: webhookEventTypes })
  return acceptedResponse(JSON.stringify({ count: queued.count, nextCursor: cursorAfter(webhook.id, step, queued) }))
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

function parseCursor(webhookId: string, { cursor = '', from, to }: Replay): ReplayStep {
  if (from !== undefined || to !== undefined)
    throw invalidBody([{ pointer: '/cursor', detail: 'stands in place of from and to: leave these out' }])
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
  throw invalidBody([{ pointer: '/cursor', detail: 'belongs to no replay of this webhook' }])
}
