import { type ConsumerName, isConsumerName, webhookConsumer } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'
import { notePause } from '../webhooks/audit-webhook.ts'

/** The name of a consumer, or of the webhook of a user: `sync/<id of the webhook>`. */
export type Pausable = ConsumerName | `${typeof webhookConsumer}/${string}`

/** Returns the name under which the pause of a webhook is recorded. `webhookId` is its id as text. */
export const pausedName = (webhookId: SQL): SQL => sql`${sql.raw(`'${webhookConsumer}/'`)} || ${webhookId}`

/** The last pause or resume of a consumer or a webhook. `since` is RFC 3339, UTC. */
export type ConsumerPause = { consumer: string; isPaused: boolean; actor: string; reason: string; since: string }

/** Returns the id of the webhook, or undefined for a consumer. */
const webhookIdOf = (name: Pausable): string | undefined =>
  isConsumerName(name) ? undefined : name.slice(webhookConsumer.length + 1)

/** The name is that of a consumer, or of the webhook of a user. */
function isKnown(name: Pausable): SQL {
  const webhookId = webhookIdOf(name)
  return webhookId === undefined
    ? sql`true`
    : sql`exists (select from webhooks where owner_id is not null and id = ${webhookId}::uuid)`
}

const fields = sql`consumer, is_paused as "isPaused", actor, reason, rfc3339(since) as since`

/**
 * Pauses or resumes a consumer or a webhook. The workers follow, and after every restart: the record is in Postgres.
 * A repetition changes neither the reason nor the time. A change is recorded as an action of its operator, and in the
 * history of the webhook.
 * @returns the record, and whether this call changed the state. Undefined when no user has this webhook
 */
export async function setPause(
  db: Executor,
  { consumer, isPaused, actor, reason }: Omit<ConsumerPause, 'since' | 'consumer'> & { consumer: Pausable },
): Promise<(ConsumerPause & { changed: boolean }) | undefined> {
  const webhookId = webhookIdOf(consumer)
  const written = await executeOnce<ConsumerPause>(
    db,
    sql`with written as (
          insert into consumer_pauses (consumer, is_paused, actor, reason)
          select ${consumer}, ${isPaused}, ${actor}, ${reason}
          where ${isKnown(consumer)}
          on conflict (consumer) do update set is_paused = excluded.is_paused, actor = excluded.actor,
                                               reason = excluded.reason, since = now()
            where consumer_pauses.is_paused <> excluded.is_paused
          returning *
        ), recorded as (
          insert into operator_actions (action, actor, reason, subject)
          select case when is_paused then 'consumer-paused' else 'consumer-resumed' end, actor, reason, consumer
          from written
        )${webhookId === undefined ? sql`` : sql`, ${notePause(webhookId, 'written')}`}
        select ${fields} from written`,
    'pause_set',
  )
  if (written[0]) return { ...written[0], changed: true }
  const [record] = await executeOnce<ConsumerPause>(
    db,
    sql`select ${fields} from consumer_pauses where consumer = ${consumer} and ${isKnown(consumer)}`,
    'pause_load',
  )
  return record && { ...record, changed: false }
}

/** Returns the last pause or resume of each of these consumers and webhooks that was ever paused. */
export const loadPauses = (db: Executor, consumers: readonly Pausable[]): Promise<ConsumerPause[]> =>
  executeOnce<ConsumerPause>(
    db,
    sql`select ${fields} from consumer_pauses where consumer = any(${sql.param(consumers)}::text[])`,
    'pauses_load',
  )

/** Returns the webhooks that are paused, the longest paused first, at most 100. */
export const loadPausedWebhooks = (db: Executor): Promise<ConsumerPause[]> =>
  executeOnce<ConsumerPause>(
    db,
    sql`select ${fields} from consumer_pauses
        where is_paused and exists (
          select from webhooks where id = case when consumer like ${`${webhookConsumer}/%`}
                                               then substr(consumer, ${webhookConsumer.length + 2}::int)::uuid end)
        order by since limit 100`,
    'pauses_load',
  )
