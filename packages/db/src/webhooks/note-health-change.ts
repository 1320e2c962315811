import { type SQL, sql } from 'drizzle-orm'

/**
 * Returns the CTE `noted`, which notes changes of the health of webhooks for the notifications of their owners.
 * `changes` selects the id of the webhook, its health before the change, and the error of its last request. The noted
 * health stays the one that the owner knows until the change is reported.
 */
export const noteHealthChanges = (changes: SQL): SQL => sql`noted as (
  insert into webhook_health_changes (webhook_id, before, error) ${changes}
  on conflict (webhook_id) do update set changed_at = now(), error = excluded.error)`
