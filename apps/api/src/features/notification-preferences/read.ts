import { actorId, type Executor, prepareStatement } from '@goals-tasks/db'
import { notificationChannels, notificationKinds } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type { Actor } from '../../resource/actor.ts'
import type { NotificationPreference } from './schemas.ts'

const load = prepareStatement<NotificationPreference>(
  'notification_preferences',
  sql`select kind, channel, is_enabled as "isEnabled" from notification_preferences where user_id = ${actorId}`,
)

/** Returns all choices of the actor as JSON. */
export async function readPreferences(db: Executor, actor: Actor): Promise<string> {
  return preferencesText(await load(db, { actorId: actor.id }))
}

/** Returns all choices as JSON: one per kind and channel. A choice that is not stored is enabled. */
export function preferencesText(stored: readonly NotificationPreference[]): string {
  const preferences = notificationChannels.flatMap((channel) =>
    notificationKinds.map((kind): NotificationPreference => {
      const row = stored.find((each) => each.kind === kind && each.channel === channel)
      return { kind, channel, isEnabled: row?.isEnabled ?? true }
    }),
  )
  return JSON.stringify({ preferences })
}
