import { type CommittedEvent, webhookHealths } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { concernsAll, emitEvents, emittedEvents, metadataValues } from '../changes/events.ts'
import { systemActorId } from '../changes/purge.ts'
import { prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'

const rankOf = (health: string) => sql.raw(`array_position('{${webhookHealths}}'::text[], ${health})`)

/**
 * A webhook that alternates between success and failure would otherwise notify its owner at each request. An equal
 * health needs no event: its row only goes.
 */
const isDue = sql`case
  when w.health = c.before then true
  when ${rankOf('w.health')} < ${rankOf('c.before')} then c.changed_at <= now() - interval '10 minutes'
  when w.health = 'degraded' then c.changed_at <= now() - interval '1 minute'
  else true end`

/**
 * Locks the webhooks before it reads their health, as a change of the health does. A row that another transaction holds
 * is left to the next look.
 */
const report = prepareStatement<{ events: CommittedEvent[]; count: number }>(
  'webhook_health_report',
  sql`with due as materialized (
        select w.id, w.version, w.owner_id, c.before as known, w.health, c.changed_at, c.error,
               w.disabled_cause, coalesce(nullif(left(w.description, 200), ''), substring(w.url from '//([^/?#]+)'))
                 as title
        from webhook_health_changes c join webhooks w on w.id = c.webhook_id
        where ${isDue}
        order by w.id limit ${sql.placeholder('limit')}::int for no key update of w, c skip locked
      ), reported as (
        delete from webhook_health_changes using due where webhook_id = due.id returning webhook_id
      ), changed as (
        select due.id, due.version, null::json as before,
               json_build_object(
                 'id', due.id, 'userId', due.owner_id, 'title', due.title, 'before', due.known, 'after', due.health,
                 'since', rfc3339(due.changed_at), 'error', left(due.error, 200),
                 'cause', case due.disabled_cause when 'owner' then 'admin' else due.disabled_cause end) as after,
               '{}'::uuid[] as readers_before, '{}'::uuid[] as readers_after, null::uuid[] as goal_ids, ${concernsAll}
        from due where due.health <> due.known
      ), ${emitEvents('webhook')}
      select ${emittedEvents} as events, (select count(*)::int from reported) as count`,
)

/**
 * Emits an event for each webhook of a user whose health has changed for good: for the worse at once, for `degraded`
 * after a minute, and for the better after ten minutes.
 * @returns how many changes were looked at, at most `limit`
 */
export async function reportWebhookHealth(tx: Tx, limit: number): Promise<number> {
  const metadata = metadataValues({ types: ['webhook:health-changed'], actorId: systemActorId })
  const [reported] = await report(tx, { ...metadata, limit })
  tx.events.push(...(reported?.events ?? []))
  return reported?.count ?? 0
}
