import { type Executor, executeOnce, type WebhookAction } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { countedUpTo } from '../status/counted-up-to.ts'
import { hostOf } from './host-of.ts'
import { pauseFact, type WebhookPauseFact } from './pause-fact.ts'

/** A webhook for operators, without its address, its filter and its secrets. Instants are RFC 3339, UTC. */
export type ShownWebhook = {
  id: string
  /** Null when it was deleted. */
  live: LiveWebhook | null
  /** The newest changes by users and pauses, the last first. */
  changes: WebhookChange[]
}

/**
 * A change of a webhook by a user, with the names of the changed fields. `via` is the API key that they used. A pause
 * and its end have the nil UUID as their actor: `actions` has the operator.
 */
export type WebhookChange = {
  action: WebhookAction
  version: number
  fields: string[]
  actorId: string
  asAdmin: boolean
  via: string | null
  correlationId: string | null
  occurredAt: string
}

export type LiveWebhook = {
  /** Null is the endpoint of the installation. */
  ownerId: string | null
  host: string | null
  health: string
  disabledCause: string | null
  disabledAt: string | null
  failingSince: string | null
  suspendedUntil: string | null
  pause: WebhookPauseFact | null
  /** Both counts stop at `countedUpTo`. */
  pendingDeliveries: number
  deadLetters: number
  version: number
  createdAt: string
  updatedAt: string
}

const maxShownChanges = 20

const countOf = (table: 'deliveries' | 'dead_letters') => sql`(
  select count(*)::int from (
    select from ${sql.identifier(table)} where target = w.id::text and target <> '' limit ${countedUpTo}) counted)`

/** Loads a webhook for operators, also after its deletion. @returns undefined when it never existed */
export async function loadWebhookForOperators(db: Executor, id: string): Promise<ShownWebhook | undefined> {
  const [live, changes] = await Promise.all([loadLive(db, id), loadChanges(db, id)])
  if (!live && changes.length === 0) return undefined
  return { id, live, changes }
}

const loadChanges = (db: Executor, id: string) =>
  executeOnce<WebhookChange>(
    db,
    sql`select action, version, fields, actor_id as "actorId", as_admin as "asAdmin", via,
               correlation_id as "correlationId", rfc3339(occurred_at) as "occurredAt"
        from webhook_audit_log where webhook_id = ${id}::uuid order by id desc limit ${maxShownChanges}`,
    'webhook_changes',
  )

async function loadLive(db: Executor, id: string): Promise<LiveWebhook | null> {
  const [row] = await executeOnce<Omit<LiveWebhook, 'host'> & { url: string }>(
    db,
    sql`select w.owner_id as "ownerId", w.url, w.health, w.disabled_cause as "disabledCause",
               rfc3339(w.disabled_at) as "disabledAt", rfc3339(w.failing_since) as "failingSince",
               rfc3339(w.suspended_until) as "suspendedUntil",
               ${pauseFact(sql`w.id`)} as pause,
               ${countOf('deliveries')} as "pendingDeliveries", ${countOf('dead_letters')} as "deadLetters",
               w.version, rfc3339(w.created_at) as "createdAt", rfc3339(w.updated_at) as "updatedAt"
        from webhooks w where w.id = ${id}::uuid`,
    'webhook_show',
  )
  if (!row) return null
  const { url, ...webhook } = row
  return { ...webhook, host: hostOf(url) }
}
