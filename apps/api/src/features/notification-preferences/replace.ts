import { actorId, prepareStatement } from '@goals-tasks/db'
import { invalidBody } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { jsonResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { preferencesText } from './read.ts'
import type { NotificationChoices, NotificationPreference } from './schemas.ts'

/** Two requests of one user would otherwise each keep the rows that the other one is inserting. */
const lock = prepareStatement<object>(
  'notification_preferences_lock',
  sql`select pg_advisory_xact_lock(hashtextextended('notification preferences ' || ${actorId}::text, 0))`,
)

const replace = prepareStatement<object>(
  'notification_preferences_replace',
  sql`with wanted as (
        select * from jsonb_to_recordset(${sql.placeholder('wanted')}::jsonb) as t(
          kind text, channel text, "isEnabled" boolean)
      ), removed as (
        delete from notification_preferences
        where user_id = ${actorId} and (kind, channel) not in (select kind, channel from wanted)
      )
      insert into notification_preferences (user_id, kind, channel, is_enabled)
      select ${actorId}, kind, channel, "isEnabled" from wanted
      on conflict (user_id, kind, channel) do update set is_enabled = excluded.is_enabled, updated_at = now()`,
)

/**
 * Replaces all choices of the actor. A choice that is left out is enabled again.
 * @throws Problem 422 when the body names a kind and a channel twice
 */
export async function replacePreferences(
  deps: Deps,
  actor: Actor,
  { preferences }: NotificationChoices,
): Promise<StoredResponse> {
  refuseRepetition(preferences)
  await deps.transaction({ actorId: actor.id }, async ({ db }) => {
    await lock(db, { actorId: actor.id })
    await replace(db, { actorId: actor.id, wanted: JSON.stringify(preferences) })
  })
  return jsonResponse(preferencesText(preferences))
}

function refuseRepetition(preferences: readonly NotificationPreference[]): void {
  const names = preferences.map(({ kind, channel }) => `${kind} by ${channel}`)
  const second = names.findIndex((name, i) => names.indexOf(name) < i)
  if (second >= 0)
    throw invalidBody([{ pointer: `/preferences/${second}`, detail: `repeats the entry of ${names[second]}` }])
}
