import { prepareStatement } from '@goals-tasks/db'
import { notFound } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { type Representation, view } from '../../resource/http/reply.ts'
import { loadWebhook } from '../webhooks/read.ts'
import { webhookEventTypes } from '../webhooks/states.ts'

/** Counts are exact up to here, which bounds the rows that a request reads. */
const most = 10_000
const oneMore = sql.raw(String(most + 1))

const waiting = (attempts: 'attempts = 0' | 'attempts > 0') => sql`
  (select count(*)::int from (
    select from deliveries where target = w.id::text and target <> '' and ${sql.raw(attempts)} limit ${oneMore}) d)`

/** `skipped` counts the types of the webhook among the first events since it was disabled, and `seen` all of these. */
const counts = prepareStatement<{
  pending: number
  failed: number
  deadLetters: number
  skipped: number
  seen: number
}>(
  'webhook_undelivered',
  sql`select ${waiting('attempts = 0')} as pending, ${waiting('attempts > 0')} as failed,
        (select count(*)::int from (
          select from dead_letters where target = w.id::text and target <> '' limit ${oneMore}) d) as "deadLetters",
        since.skipped, since.seen
      from webhooks w cross join lateral (
        select count(*)::int as seen, count(*) filter (
          where e.type = any(${sql.placeholder('types')}::text[]) and (w.types is null or e.type = any(w.types))
        )::int as skipped
        from (
          select event_id from event_readers
          where reader_id = w.owner_id and event_id >= uuidv7_floor(w.disabled_at) limit ${oneMore}
        ) r join events e on e.id = r.event_id
      ) since
      where w.id = ${sql.placeholder('webhookId')}::uuid`,
)

/** Counts the events that a webhook did not get. @throws Problem 404 for other users */
export async function countUndelivered({ db }: Deps, actor: Actor, id: string): Promise<Representation> {
  const webhook = await loadWebhook(db, actor, id)
  const [row] = await counts(db, { webhookId: webhook.id, types: webhookEventTypes })
  if (!row) throw notFound('webhook')
  const { pending, failed, deadLetters, skipped, seen } = row
  const text = JSON.stringify({
    pending: upToMost(pending),
    failed: upToMost(failed),
    deadLetters: upToMost(deadLetters),
    skipped: { count: Math.min(skipped, most), hasMore: seen > most },
  })
  return view(text)
}

const upToMost = (count: number) => ({ count: Math.min(count, most), hasMore: count > most })
