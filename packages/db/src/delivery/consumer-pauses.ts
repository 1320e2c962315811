import type { ConsumerName } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/** The last pause or resume of a consumer. `since` is RFC 3339, UTC. */
export type ConsumerPause = { consumer: string; isPaused: boolean; actor: string; reason: string; since: string }

const fields = sql`consumer, is_paused as "isPaused", actor, reason, rfc3339(since) as since`

/**
 * Pauses or resumes a consumer. Its workers follow within seconds, and after every restart: the record is in Postgres.
 * A repetition changes neither the reason nor the time. A change is recorded as an action of its operator.
 * @returns the record, and whether this call changed the state
 */
export async function setPause(
  db: Executor,
  { consumer, isPaused, actor, reason }: Omit<ConsumerPause, 'since' | 'consumer'> & { consumer: ConsumerName },
): Promise<ConsumerPause & { changed: boolean }> {
  const written = await executeOnce<ConsumerPause>(
    db,
    sql`with written as (
          insert into consumer_pauses (consumer, is_paused, actor, reason)
          values (${consumer}, ${isPaused}, ${actor}, ${reason})
          on conflict (consumer) do update set is_paused = excluded.is_paused, actor = excluded.actor,
                                               reason = excluded.reason, since = now()
            where consumer_pauses.is_paused <> excluded.is_paused
          returning *
        ), recorded as (
          insert into operator_actions (action, actor, reason, subject)
          select case when is_paused then 'consumer-paused' else 'consumer-resumed' end, actor, reason, consumer
          from written
        )
        select ${fields} from written`,
    'pause_set',
  )
  const [record] = written.length > 0 ? written : await loadPauses(db, [consumer])
  if (!record) throw new Error(`the record of the pause of ${consumer} is missing`)
  return { ...record, changed: written.length > 0 }
}

/** Returns the last pause or resume of each of these consumers that was ever paused. */
export const loadPauses = (db: Executor, consumers: readonly ConsumerName[]): Promise<ConsumerPause[]> =>
  executeOnce<ConsumerPause>(
    db,
    sql`select ${fields} from consumer_pauses where consumer = any(${sql.param(consumers)}::text[])`,
    'pauses_load',
  )
