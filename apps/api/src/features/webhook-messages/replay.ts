import { prepareStatement } from '@goals-tasks/db'
import { invalidBody, Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { acceptedResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { decodeCursor, encodeCursor } from '../../resource/lists/cursor-text.ts'
import { webhookEventTypes } from '../webhooks/states.ts'
import { loadEnabledWebhook } from './read.ts'
import type { Replay } from './schemas.ts'

/** The events that one request reads. It bounds the time of its statement. */
const eventsPerStep = 1_000
/** A replay waits while the webhook has more events than this to get. */
const mostWaiting = 10_000
const [secondMs, dayMs] = [1_000, 86_400_000]
/** An id has no time before 1970, and no event is of this one. */
const latestMs = Date.parse('2200-01-01T00:00:00Z')

/** The time of a replay, in Unix milliseconds, and the last event that was read. */
type Step = { fromMs: number; toMs: number; epoch: number; xid: string; position: string }

const isFull = prepareStatement<object>(
  'webhook_replay_full',
  sql`select from deliveries where target = ${sql.placeholder('webhookId')}::text and target <> ''
      offset ${sql.raw(String(mostWaiting))} limit 1`,
)

const idAt = (name: 'fromMs' | 'toMs') => sql`uuidv7_floor(to_timestamp(${sql.placeholder(name)}::float8 / 1000))`
const inTime = sql`event_id >= ${idAt('fromMs')} and event_id < ${idAt('toMs')}`

type Queued = { count: number; read: number; epoch: number | null; xid: string | null; position: string | null }
const queueStep = prepareStatement<Queued>(
  'webhook_replay_step',
  sql`with webhook as materialized (
        select owner_id, types, id::text as target from webhooks where id = ${sql.placeholder('webhookId')}::uuid
      ), step as materialized (
        select epoch, xid, position, event_id from event_readers
        where reader_id = (select owner_id from webhook) and ${inTime}
          and (epoch, xid, position)
            > (${sql.placeholder('epoch')}::smallint, ${sql.placeholder('xid')}::xid8,
               ${sql.placeholder('position')}::bigint)
        order by epoch, xid, position limit ${sql.raw(String(eventsPerStep))}
      ), wanted as materialized (
        select step.event_id, target from step cross join webhook
        join events e on e.id = step.event_id and e.id >= ${idAt('fromMs')} and e.id < ${idAt('toMs')}
        where e.type = any(${sql.placeholder('types')}::text[]) and (types is null or e.type = any(types))
      ), revived as (
        delete from dead_letters d using wanted
        where d.consumer = 'sync' and d.event_id = wanted.event_id and d.target = wanted.target
      ), queued as (
        insert into deliveries (consumer, event_id, target, due_at, is_replay)
        select 'sync', event_id, target, now(), true from wanted
        on conflict (consumer, event_id, target) do nothing returning 1
      )
      select (select count(*)::int from queued) as count, (select count(*)::int from step) as read,
             last.epoch, last.xid::text as xid, last.position::text as position
      from (select) one left join (
        select epoch, xid, position from step order by epoch desc, xid desc, position desc limit 1
      ) last on true`,
)

/**
 * Sends the next events of a time to a webhook again. The client repeats the request with the cursor until it is null.
 * An event that waits for its first request anyway is not sent twice.
 * @throws Problem 404 for other users, 409 while the webhook is disabled or has too many events to get, 422
 */
export async function replayEvents(deps: Deps, actor: Actor, id: string, body: Replay): Promise<StoredResponse> {
  const webhook = await loadEnabledWebhook(deps.db, actor, id)
  const step = body.cursor === undefined ? firstStep(deps, body) : parseCursor(webhook.id, body)
  if ((await isFull(deps.db, { webhookId: webhook.id })).length > 0)
    throw new Problem(
      'too-many-undelivered',
      `The webhook has more than ${mostWaiting} events to get. Repeat this request when it has got some.`,
    )
  const [queued] = await queueStep(deps.db, { ...step, webhookId: webhook.id, types: webhookEventTypes })
  return acceptedResponse(
    JSON.stringify({ count: queued?.count ?? 0, nextCursor: cursorAfter(webhook.id, step, queued) }),
  )
}

function cursorAfter(webhookId: string, { fromMs, toMs }: Step, queued: Queued | undefined): string | null {
  if (!queued || queued.read < eventsPerStep) return null
  return encodeCursor([1, webhookId, fromMs, toMs, queued.epoch, queued.xid, queued.position])
}

function firstStep({ clock }: Deps, { from, to }: Replay): Step {
  // The ids of the present may be of the next millisecond.
  const toMs = to === undefined ? clock() + secondMs : Date.parse(to)
  const fromMs = from === undefined ? toMs - dayMs : Date.parse(from)
  if (to !== undefined && fromMs >= toMs) throw invalidBody([{ pointer: '/from', detail: 'must lie before `to`' }])
  const bounded = (ms: number) => Math.min(Math.max(ms, 0), latestMs)
  return { fromMs: bounded(fromMs), toMs: bounded(toMs), epoch: 0, xid: '0', position: '0' }
}

const isWhole = (text: unknown): text is string => typeof text === 'string' && /^\d{1,18}$/.test(text)
const isTime = (ms: unknown): ms is number => typeof ms === 'number' && ms >= 0 && ms <= latestMs

function parseCursor(webhookId: string, { cursor = '', from, to }: Replay): Step {
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
