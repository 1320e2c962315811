import { pausedName } from '@goals-tasks/db'
import { type SQL, sql } from 'drizzle-orm'

/** A pause of a webhook by an operator. `since` is RFC 3339, UTC. */
export type WebhookPauseFact = { actor: string; reason: string; since: string }

/** The pause of the webhook `id` (uuid) as JSON, null while it is not paused. */
export const pauseFact = (id: SQL): SQL => sql`(
  select json_build_object('actor', actor, 'reason', reason, 'since', rfc3339(since))
  from consumer_pauses where consumer = ${pausedName(sql`${id}::text`)} and is_paused)`
