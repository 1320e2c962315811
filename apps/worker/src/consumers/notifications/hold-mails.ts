import { prepareStatement, type Tx } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import type { HeldMail } from './mail-times.ts'
import { heldRows, isWantedBy } from './wanted.ts'

type Place = { userId: string; eventId: string }
type Held = { count: number; late: Place[] }

/**
 * Each digest is locked until the transaction ends, so no process closes it before its notifications are in it. A
 * digest that is closed already takes none: these mails are returned as late.
 */
const insertHeld = prepareStatement<Held>(
  'notifications_hold_mails',
  sql`with ${heldRows}, eligible as (
        select wanted.* from wanted join contacts on contacts.user_id = "userId" and contacts.verified_at is not null
        where ${isWantedBy('email')} and not exists (
          select from notifications earlier
          where earlier.user_id = "userId" and earlier.event_id = "eventId" and earlier.channel = 'email')
      ), digests as (
        insert into mail_digests (user_id, sends_at) select distinct "userId", "sendsAt" from eligible order by 1, 2
        on conflict (user_id, sends_at) do update set user_id = excluded.user_id where mail_digests.closed_at is null
        returning id, user_id, sends_at
      ), held as (
        insert into notifications
          (user_id, kind, channel, event_id, subject_type, subject_id, title, text, actor_id, digest_id, skip_reason)
        select "userId", kind, 'email', "eventId", "subjectType", "subjectId", title, text, "actorId",
               digests.id, reason
        from eligible join digests on digests.user_id = "userId" and digests.sends_at = "sendsAt"
        order by "userId", "eventId"
        on conflict (user_id, event_id, channel) do nothing
        returning 1
      )
      select (select count(*)::int from held) as count,
             (select coalesce(json_agg(json_build_object('userId', "userId", 'eventId', "eventId")), '[]')
              from eligible left join digests on digests.user_id = "userId" and digests.sends_at = "sendsAt"
              where digests.id is null) as late`,
)

/**
 * Puts each mail into the digest of its recipient and time, which is made when it does not exist. A recipient without
 * a confirmed address gets none.
 * @returns the number of mails that were put into a digest, and the mails whose digest is closed
 */
export async function holdMails(tx: Tx, mails: readonly HeldMail[]): Promise<{ count: number; late: HeldMail[] }> {
  if (mails.length === 0) return { count: 0, late: [] }
  const [held] = await insertHeld(tx, { wanted: JSON.stringify(mails) })
  const late = new Set((held?.late ?? []).map(({ userId, eventId }) => `${userId} ${eventId}`))
  return { count: held?.count ?? 0, late: mails.filter(({ userId, eventId }) => late.has(`${userId} ${eventId}`)) }
}
