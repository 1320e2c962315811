import { type SQL, sql } from 'drizzle-orm'
import { systemActorId } from '../changes/purge.ts'
import { webhookAuditLog } from '../schema/webhook-audit-log.ts'

/** The kinds of changes of a webhook by a user, and the pauses by operators. */
export const webhookActions = webhookAuditLog.action.enumValues
export type WebhookAction = (typeof webhookActions)[number]

/** The user who changes a webhook. `via` is the API key that they use. */
type WebhookActor = { id: string; admin: boolean; via?: string | undefined; correlationId: string }

/** Returns the parameter values of `auditWebhook`. */
export const webhookActorValues = ({ id, admin, via, correlationId }: WebhookActor) => ({
  ...{ actorId: id, asAdmin: admin, via: via ?? null, correlationId },
})

/**
 * Returns the CTE `noted`, which records a pause of a webhook for its owner. `written` is the name of a CTE with the
 * written row of `consumer_pauses`. The owner learns neither the operator nor the reason: `operator_actions` has them.
 */
export const notePause = (webhookId: string, written: string): SQL => sql`noted as (
  insert into webhook_audit_log (webhook_id, owner_id, action, version, actor_id)
  select id, owner_id, case when is_paused then 'paused' else 'resumed' end, version, ${systemActorId}::uuid
  from webhooks cross join ${sql.identifier(written)} where id = ${webhookId}::uuid and owner_id is not null)`

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
