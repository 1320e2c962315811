import { addressHash, type Executor, prepareStatement } from '@goals-tasks/db'
import type { Digest, Mail, NotificationKind, NotificationSubject } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import type { MailSchedule } from '../../schedules/next-mail-time.ts'
import { scheduleJson } from '../../schedules/schedule-json.ts'

const ids = { id: sql`${sql.placeholder('id')}::uuid`, userId: sql`${sql.placeholder('userId')}::uuid` }
const valuesOf = ({ id, userId }: Pick<Mail, 'id' | 'userId'>) => ({ id, userId })

/** The contact of a recipient and their schedule at present. The address is null without a contact. */
export type Recipient = {
  email: string | null
  isVerified: boolean
  schedule: MailSchedule | null
  /** The present instant by the clock of Postgres. RFC 3339, UTC. */
  now: string
}

export type MailedNotification = {
  kind: NotificationKind
  title: string
  text: string
  subjectType: NotificationSubject
  subjectId: string
  eventId: string
}

export type StoredNotification = MailedNotification & Recipient & { isSent: boolean; isOff: boolean }

const recipient = sql`contact.email, contact.verified_at is not null as "isVerified", rfc3339(now()) as now,
        case when schedule.user_id is not null then ${scheduleJson} end as schedule`
const recipientJoins = sql`left join contacts contact on contact.user_id = n.user_id
      left join mail_schedules schedule on schedule.user_id = n.user_id`
const isOff = sql`exists (select from notification_preferences p where p.user_id = n.user_id and p.kind = n.kind
          and p.channel = 'email' and not p.is_enabled)`

const notificationById = prepareStatement<StoredNotification>(
  'mail_notification',
  sql`select n.kind, n.title, n.text, n.subject_type as "subjectType", n.subject_id as "subjectId",
        n.event_id as "eventId", n.sent_at is not null as "isSent", ${isOff} as "isOff", ${recipient}
      from notifications n ${recipientJoins}
      where n.id = ${ids.id} and n.user_id = ${ids.userId} and n.channel = 'email'`,
)

/** Loads a notification of the channel `email` with its recipient at present, or undefined when it is deleted. */
export const loadNotification = async (db: Executor, mail: Mail): Promise<StoredNotification | undefined> =>
  (await notificationById(db, valuesOf(mail)))[0]

/** The notifications that a mail lists. It has the number of the others. */
const maxListed = 50

export type StoredDigest = Recipient & {
  isSent: boolean
  /** The kinds of its notifications that are not turned off. */
  kinds: NotificationKind[]
  /** The number of its notifications, and of those whose kind is not turned off. */
  all: number
  wanted: number
  /** The first ones of these, the oldest first. */
  listed: MailedNotification[]
}

const digestById = prepareStatement<StoredDigest>(
  'mail_digest',
  sql`with n as (
        select * from mail_digests where id = ${ids.id} and user_id = ${ids.userId}
      ), members as (
        select n.*, ${isOff} as is_off from notifications n where n.digest_id = ${ids.id}
      ), listed as (
        select * from members where not is_off order by id limit ${sql.raw(String(maxListed))}
      )
      select n.sent_at is not null as "isSent", ${recipient},
        (select coalesce(json_agg(distinct kind), '[]') from members where not is_off) as kinds,
        (select count(*)::int from members) as "all",
        (select count(*)::int from members where not is_off) as wanted,
        (select coalesce(json_agg(json_build_object(
           'kind', kind, 'title', title, 'text', text, 'subjectType', subject_type, 'subjectId', subject_id,
           'eventId', event_id) order by id), '[]') from listed) as listed
      from n ${recipientJoins}`,
)

/** Loads a digest with its notifications and its recipient at present, or undefined when it is deleted. */
export const loadDigest = async (db: Executor, digest: Digest): Promise<StoredDigest | undefined> =>
  (await digestById(db, valuesOf(digest)))[0]

const openConfirmation = prepareStatement<{ email: string }>(
  'mail_confirmation',
  sql`select c.email from contact_confirmations o join contacts c on c.user_id = o.user_id
      where o.id = ${ids.id} and o.user_id = ${ids.userId} and o.used_at is null and o.expires_at > now()
        and c.verified_at is null and o.address_hash = ${addressHash(sql`c.email`)}`,
)

/** Loads the address that a confirmation asks for. Undefined when it is confirmed, replaced or removed meanwhile. */
export const loadAddressToConfirm = async (db: Executor, mail: Mail): Promise<string | undefined> =>
  (await openConfirmation(db, valuesOf(mail)))[0]?.email
