import { type SQL, sql } from 'drizzle-orm'
import { webhookAuditLog } from '../schema/webhook-audit-log.ts'

/** The kinds of changes of a webhook by a user. */
export const webhookActions = webhookAuditLog.action.enumValues
export type WebhookAction = (typeof webhookActions)[number]

/** The user who changes a webhook. `via` is the API key that they use. */
type WebhookActor = { id: string; admin: boolean; via?: string | undefined; correlationId: string }

/** Returns the parameter values of `auditWebhook`. */
export const webhookActorValues = ({ id, admin, via, correlationId }: WebhookActor) => ({
  ...{ actorId: id, asAdmin: admin, via: via ?? null, correlationId },
})

/**
 * Returns the CTE `audited`, which records a change of a webhook in the statement that makes it. `rows` is the name of
 * a CTE with the changed rows of `webhooks`, and `fields` an expression with the names of the changed fields.
 */
export const auditWebhook = (action: WebhookAction, rows: string, fields = sql`'{}'::text[]`): SQL => sql`audited as (
  insert into webhook_audit_log (webhook_id, owner_id, action, version, fields, actor_id, as_admin, via, correlation_id)
  select id, owner_id, ${sql.raw(`'${action}'`)}, version, ${fields}, ${sql.placeholder('actorId')}::uuid,
         ${sql.placeholder('asAdmin')}::boolean, ${sql.placeholder('via')}::uuid,
         ${sql.placeholder('correlationId')}::text
  from ${sql.identifier(rows)} where owner_id is not null)`
