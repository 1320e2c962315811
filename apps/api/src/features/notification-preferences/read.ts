import { actorId, type Executor, prepareStatement } from '@goals-tasks/db'
import { notificationChannels, notificationKinds } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type { Actor } from '../../resource/actor.ts'
import type { NotificationPreference } from './schemas.ts'

const load = prepareStatement<NotificationPreference>(
  'notification_preferences',
  sql`select kind, channel, is_enabled as "isEnabled" from notification_preferences where user_id = ${actorId}`,
)

/** Returns all choices of the actor as JSON: one per kind and channel. A choice without a row is enabled. */
export async function readPreferences(db: Executor, actor: Actor): Promise<string> {
  const stored = await load(db, { actorId: actor.id })
  const preferences = notificationChannels.flatMap((channel) =>
    notificationKinds.map((kind): NotificationPreference => {
      const row = stored.find((each) => each.kind === kind && each.channel === channel)
      return { kind, channel, isEnabled: row?.isEnabled ?? true }
    }),
  )
  return JSON.stringify({ preferences })
}
