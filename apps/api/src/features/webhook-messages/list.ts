import { defaultLimit, notFound, type Page } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { beforeId, createIdList, pageLimit } from '../../resource/lists/id-list.ts'
import { loadWebhook } from '../webhooks/read.ts'
import { isWaiting } from './read.ts'
import type { MessageListQuery } from './schemas.ts'

const webhookId = sql`${sql.placeholder('webhookId')}::uuid`
const target = sql`${sql.placeholder('webhookId')}::text`
const ofTarget = sql`target = ${target} and target <> '' and event_id < ${beforeId}
  order by event_id desc limit ${pageLimit}`

/** A delivery has work to do, a dead letter has none, and without both the last request decides. */
const state = sql`case
  when delivery.event_id is not null then case when delivery.attempts > 0 then 'failed' else 'pending' end
  when dead.event_id is null and last.outcome = 'delivered' then 'delivered'
  else 'dead-letter' end`

const messageText = sql`json_build_object(
  'id', message.event_id,
  'type', coalesce(last.event_type, dead.event->>'type', (select type from events where id = message.event_id), ''),
  'state', ${state}, 'attempts', (
    select count(*) from webhook_attempts where webhook_id = ${webhookId} and event_id = message.event_id),
  'lastAttemptAt', rfc3339(last.attempted_at), 'lastStatus', last.status,
  'lastError', coalesce(last.error,
    case when last.id is null then coalesce(delivery.last_error, dead.error) end))::text`

const messages = createIdList(
  'webhook_messages_list',
  sql`select message.event_id as id, ${messageText} as text
      from (
        select event_id from (
          (select distinct event_id from webhook_attempts
           where not ${sql.placeholder('undelivered')}::boolean and webhook_id = ${webhookId} and event_id < ${beforeId}
           order by event_id desc limit ${pageLimit})
          union (select event_id from deliveries where ${ofTarget})
          union (select event_id from dead_letters where ${ofTarget})
        ) found order by event_id desc limit ${pageLimit}
      ) message
      left join lateral (
        select id, event_type, attempted_at, status, error, outcome from webhook_attempts
        where webhook_id = ${webhookId} and event_id = message.event_id
        order by id desc limit 1
      ) last on true
      left join deliveries delivery
        on delivery.consumer = 'sync' and delivery.event_id = message.event_id and delivery.target = ${target}
      left join dead_letters dead
        on dead.consumer = 'sync' and dead.event_id = message.event_id and dead.target = ${target}
      order by message.event_id desc`,
)

/** Lists the events of a webhook with their states, newest first. @throws Problem 404 for other users */
export async function listMessages({ db }: Deps, actor: Actor, id: string, query: MessageListQuery): Promise<Page> {
  const webhook = await loadWebhook(db, actor, id)
  const { limit = defaultLimit, cursor, undelivered = false } = query
  return messages(db, { limit, cursor, values: { webhookId: webhook.id, undelivered } })
}

const attempts = createIdList(
  'webhook_attempts_list',
  sql`select id, json_build_object('id', id, 'attemptedAt', rfc3339(attempted_at), 'status', status,
        'durationMs', duration_ms, 'outcome', outcome, 'error', error, 'response', response, 'replay', is_replay
      )::text as text
      from webhook_attempts
      where webhook_id = ${webhookId} and event_id = ${sql.placeholder('eventId')}::uuid
        and id < ${beforeId}
      order by id desc limit ${pageLimit}`,
)

type AttemptsOf = { webhookId: string; eventId: string }

/** Lists the requests with an event, newest first. @throws Problem 404 when the webhook has no such message */
export async function listAttempts(
  { db }: Deps,
  actor: Actor,
  params: AttemptsOf,
  { limit = defaultLimit, cursor }: { limit?: number; cursor?: string },
): Promise<Page> {
  const { id } = await loadWebhook(db, actor, params.webhookId)
  const page = await attempts(db, { limit, cursor, values: { webhookId: id, eventId: params.eventId } })
  if (page.empty && cursor === undefined && !(await isWaiting(db, id, params.eventId))) throw notFound('message')
  return page
}
