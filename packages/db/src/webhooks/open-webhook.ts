import type { WebhookHealth } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { pausedName } from '../delivery/consumer-pauses.ts'
import { uuid } from '../engine/parameters.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'

/** A webhook as a worker needs it. Its secrets are sealed. */
export type OpenedWebhook = {
  id: string
  /** Null is the endpoint of the installation, which may see every event. */
  ownerId: string | null
  url: string
  filter: string | null
  health: WebhookHealth
  disabledCause: string | null
  /** An operator paused it. */
  isPaused: boolean
  /** How long a suspended webhook gets nothing. */
  suspendedForMs: number
  /** This call has the one attempt at a suspended webhook whose time has come. */
  isProbe: boolean
  secret: Buffer
  /** The secret before a rotation, while requests carry its signature too. */
  previousSecret: Buffer | null
}

/** Longer than a request: an attempt that dies with its process lets another process try after it. */
export const probeLeaseMs = 15_000
const probeMs = sql.raw(String(probeLeaseMs))
const id = uuid('id')

const isPaused = sql`exists (
  select from consumer_pauses where consumer = ${pausedName(sql`${id}::text`)} and is_paused)`

const open = prepareStatement<OpenedWebhook>(
  'webhook_open',
  sql`with probe as (
        update webhooks set suspended_until = now() + ${probeMs} * interval '1 millisecond'
        where id = ${id} and health = 'suspended' and is_enabled and suspended_until <= now() and not ${isPaused}
        returning 1
      )
      select id, owner_id as "ownerId", url, filter, health,
             disabled_cause as "disabledCause", ${isPaused} as "isPaused",
             case when health <> 'suspended' then 0 when suspended_until <= now() then ${probeMs}
                  else extract(epoch from suspended_until - now()) * 1000 end::float8 as "suspendedForMs",
             exists (select from probe) as "isProbe", secret,
             case when previous_secret_until > now() then previous_secret end as "previousSecret"
      from webhooks where id = ${id}`,
)

/**
 * Loads a webhook for an attempt. When it is suspended and its time has come, one caller gets the probe, and the
 * others wait. @returns undefined when it does not exist
 */
export async function openWebhook(db: Executor, webhookId: string): Promise<OpenedWebhook | undefined> {
  const [webhook] = await open(db, { id: webhookId })
  return webhook
}
