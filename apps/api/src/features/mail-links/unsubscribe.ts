import { actorId, prepareStatement } from '@goals-tasks/db'
import { notificationKinds } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'

const turnOff = prepareStatement<object>(
  'notification_preference_off',
  sql`insert into notification_preferences (user_id, kind, channel, is_enabled)
      select ${actorId}, kind, 'email', false from unnest(${sql.placeholder('kinds')}::text[]) kind
      on conflict (user_id, kind, channel) do update set is_enabled = false, updated_at = now()`,
)

/**
 * Turns the mails of one kind off, or those of every kind for `all`, as the preferences of the user do. Repeating it
 * changes nothing.
 */
export async function unsubscribe({ db }: Deps, { userId, kind }: { userId: string; kind: string }): Promise<void> {
  await turnOff(db, { actorId: userId, kinds: kind === 'all' ? notificationKinds : [kind] })
}
