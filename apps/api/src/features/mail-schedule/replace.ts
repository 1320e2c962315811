import { actorId, prepareStatement } from '@goals-tasks/db'
import { invalidBody } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { jsonResponse } from '../../resource/http/reply.ts'
import type { StoredResponse } from '../../resource/idempotency.ts'
import { defaultMailSchedule } from './read.ts'
import type { MailSchedule, NewMailSchedule } from './schemas.ts'

const write = prepareStatement<object>(
  'mail_schedule_replace',
  sql`insert into mail_schedules (user_id, digest, digest_time, digest_day, quiet_from, quiet_until)
      values (${actorId}, ${sql.placeholder('digest')}, ${sql.placeholder('digestTime')},
              ${sql.placeholder('digestDay')}, ${sql.placeholder('quietFrom')}, ${sql.placeholder('quietUntil')})
      on conflict (user_id) do update set
        digest = excluded.digest, digest_time = excluded.digest_time, digest_day = excluded.digest_day,
        quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, updated_at = now()`,
)

/**
 * Replaces the schedule of the actor. A field that is left out gets its default.
 * @throws Problem 422 for quiet hours that end when they begin
 */
export async function replaceMailSchedule({ db }: Deps, actor: Actor, input: NewMailSchedule): Promise<StoredResponse> {
  const { digest, digestTime, digestDay, quietHours }: MailSchedule = { ...defaultMailSchedule, ...input }
  if (quietHours && quietHours.from === quietHours.until)
    throw invalidBody([{ pointer: '/quietHours/until', detail: 'must differ from `from`' }])
  const quiet = { quietFrom: quietHours?.from ?? null, quietUntil: quietHours?.until ?? null }
  await write(db, { actorId: actor.id, digest, digestTime, digestDay, ...quiet })
  return jsonResponse(JSON.stringify({ digest, digestTime, digestDay, quietHours }))
}
