import { type Executor, executeOnce } from '@goals-tasks/db'
import { type WebhookHealth, webhookHealths } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { countedUpTo } from './counted-up-to.ts'

/** How many webhooks of users have which health. Each count stops at `countedUpTo`. */
export type WebhooksByHealth = Record<WebhookHealth, number>

/** Each count reads at most `countedUpTo` entries of an index. */
const counts = sql.join(
  webhookHealths.map(
    (health) => sql`(
      select count(*)::int from (
        select from webhooks where owner_id is not null and health = ${health} limit ${countedUpTo}) counted)
      as ${sql.identifier(health)}`,
  ),
  sql`, `,
)

/** Counts the webhooks of users by health. */
export async function countWebhooks(db: Executor): Promise<WebhooksByHealth> {
  const [row] = await executeOnce<WebhooksByHealth>(db, sql`select ${counts}`, 'status_webhooks')
  return row ?? { healthy: 0, degraded: 0, suspended: 0, disabled: 0 }
}
