import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'

/** The id of the endpoint of the installation, which SYNC_URL names. The target of its deliveries is empty. */
export const installationWebhookId = '00000000-0000-7000-8000-000000000001'

/**
 * Makes the endpoint of the installation the one at `url`, or removes it. A new address begins healthy. Writes nothing
 * when nothing changes, so a restart needs no writable Postgres.
 */
export async function setInstallationWebhook(db: Executor, url: string | undefined): Promise<void> {
  const [present] = await executeOnce<{ url: string }>(
    db,
    sql`select url from webhooks where id = ${installationWebhookId}::uuid`,
    'installation_webhook_load',
  )
  if (present?.url === url) return
  if (url === undefined) {
    await executeOnce(
      db,
      sql`delete from webhooks where id = ${installationWebhookId}::uuid`,
      'installation_webhook_delete',
    )
    return
  }
  await executeOnce(
    db,
    sql`insert into webhooks (id, url, description, secret)
        values (${installationWebhookId}::uuid, ${url}, 'SYNC_URL', '')
        on conflict (id) do update set url = excluded.url, health = 'healthy', failing_since = null,
          consecutive_failures = 0, suspended_until = null, updated_at = now()`,
    'installation_webhook_set',
  )
}
