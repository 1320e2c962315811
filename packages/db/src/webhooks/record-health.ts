import type { WebhookHealth } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { milliseconds } from '../engine/parameters.ts'
import { type Executor, executeOnce } from '../engine/statement.ts'
import { noteHealthChanges } from './note-health-change.ts'

/** When a webhook that fails gets fewer requests, and when it gets none any more. */
export type HealthLimits = {
  /** Failures in a row that suspend a webhook. */
  suspendAfter: number
  /** The waits before the probes of a suspended webhook. The last one repeats. */
  probeWaitsMs: readonly [number, ...number[]]
  /** A webhook without a success for so long is disabled. */
  disableAfterMs: number
}

export type AttemptCounts = {
  delivered: number
  failed: number
  /** The receiver answered 410. */
  isGone: boolean
  /** The attempt was the probe of a suspended webhook. Other failures of a suspended one do not count. */
  isProbe: boolean
  /** The longest wait that the receiver asked for. */
  retryAfterMs: number
  /** Why the last request failed. Null when none failed. */
  error: string | null
}

export type HealthChange = {
  before: WebhookHealth
  after: WebhookHealth
  disabledCause: string | null
  suspendedForMs: number
}

/**
 * Counts attempts at a webhook and sets its health. One success makes it healthy, or degraded when other attempts
 * failed. Notes a change for the notification of the owner. The endpoint of the installation is never disabled, because
 * its operators have no other way to the events.
 * @returns null when the webhook does not exist or is disabled
 */
export async function recordHealth(
  db: Executor,
  webhookId: string,
  { delivered, failed, isGone, isProbe, retryAfterMs, error }: AttemptCounts,
  { suspendAfter, probeWaitsMs, disableAfterMs }: HealthLimits,
): Promise<HealthChange | null> {
  const waits = sql`(${sql.param(probeWaitsMs)}::float8[])`
  const [change] = await executeOnce<HealthChange>(
    db,
    sql`with counted as (
          select id, health, suspended_until, owner_id is not null as may_end,
                 case when ${delivered}::int > 0 then least(${failed}::int, ${suspendAfter}::int - 1)
                      when health = 'suspended' then consecutive_failures + ${isProbe}::boolean::int
                      else least(consecutive_failures + ${failed}::int, ${suspendAfter}::int) end as failures,
                 case when ${delivered}::int = 0 then coalesce(failing_since, now())
                      when ${failed}::int > 0 then now() end as failing_since
          from webhooks where id = ${webhookId}::uuid and is_enabled for no key update
        ), judged as (
          select *, case
              when ${isGone}::boolean and may_end then 'gone'
              when may_end and failing_since <= now() - ${milliseconds(disableAfterMs)} then 'failing' end as cause
          from counted
        ), decided as (
          select *, case when cause is not null then 'disabled' when failures = 0 then 'healthy'
                         when failures >= ${suspendAfter}::int then 'suspended' else 'degraded' end as next
          from judged
        ), updated as (
          update webhooks set
            health = next, consecutive_failures = failures, failing_since = decided.failing_since,
            is_enabled = cause is null, disabled_cause = cause,
            disabled_at = case when cause is not null then now() end,
            suspended_until = case
              when next <> 'suspended' then null
              when decided.health = 'suspended' and not ${isProbe}::boolean then decided.suspended_until
              else now() + interval '1 millisecond' * greatest(${retryAfterMs}::float8,
                     ${waits}[least(failures - ${suspendAfter}::int + 1, ${probeWaitsMs.length}::int)]) end
          from decided where webhooks.id = decided.id
          returning webhooks.id, may_end, decided.health as before, webhooks.health as after,
            webhooks.disabled_cause as "disabledCause",
            coalesce(greatest(extract(epoch from webhooks.suspended_until - now()) * 1000, 0), 0)::float8
              as "suspendedForMs"
        ), ${noteHealthChanges(sql`select id, before, ${error}::text from updated where before <> after and may_end`)}
        select before, after, "disabledCause", "suspendedForMs" from updated`,
    'webhook_record_health',
  )
  return change ?? null
}
