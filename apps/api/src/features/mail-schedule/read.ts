import { actorId, type Executor, prepareStatement } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { Actor } from '../../resource/actor.ts'
import type { MailSchedule } from './schemas.ts'

export const defaultMailSchedule: MailSchedule = {
  digest: 'off',
  digestTime: '08:00',
  digestDay: 'MONDAY',
  quietHours: null,
}

const load = prepareStatement<MailSchedule>(
  'mail_schedule',
  sql`select digest, digest_time as "digestTime", digest_day as "digestDay",
        case when quiet_from is not null then json_build_object('from', quiet_from, 'until', quiet_until) end
          as "quietHours"
      from mail_schedules where user_id = ${actorId}`,
)

/** Returns the schedule of the actor as JSON. Without one, mails are sent at once. */
export async function readMailSchedule(db: Executor, actor: Actor): Promise<string> {
  const [stored] = await load(db, { actorId: actor.id })
  return JSON.stringify(stored ?? defaultMailSchedule)
}
