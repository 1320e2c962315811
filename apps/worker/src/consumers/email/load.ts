import { addressHash, type Executor, prepareStatement } from '@goals-tasks/db'
import type { Mail, NotificationKind } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'

const ids = { id: sql`${sql.placeholder('id')}::uuid`, userId: sql`${sql.placeholder('userId')}::uuid` }
const valuesOf = ({ id, userId }: Mail) => ({ id, userId })

export type StoredNotification = {
  kind: NotificationKind
  title: string
  text: string
  subjectType: 'goal' | 'task'
  subjectId: string
  eventId: string
  isSent: boolean
  /** The choice of the user at present, and their contact, whose address is null without one. */
  isOff: boolean
  email: string | null
  isVerified: boolean
}

const notificationById = prepareStatement<StoredNotification>(
  'mail_notification',
  sql`select n.kind, n.title, n.text, n.subject_type as "subjectType", n.subject_id as "subjectId",
        n.event_id as "eventId", n.sent_at is not null as "isSent",
        exists (select from notification_preferences p where p.user_id = n.user_id and p.kind = n.kind
          and p.channel = 'email' and not p.is_enabled) as "isOff",
        c.email, c.verified_at is not null as "isVerified"
      from notifications n left join contacts c on c.user_id = n.user_id
      where n.id = ${ids.id} and n.user_id = ${ids.userId} and n.channel = 'email'`,
)

/** Loads a notification of the channel `email` with the contact at present, or undefined when it is deleted. */
export const loadNotification = async (db: Executor, mail: Mail): Promise<StoredNotification | undefined> =>
  (await notificationById(db, valuesOf(mail)))[0]

const openConfirmation = prepareStatement<{ email: string }>(
  'mail_confirmation',
  sql`select c.email from contact_confirmations o join contacts c on c.user_id = o.user_id
      where o.id = ${ids.id} and o.user_id = ${ids.userId} and o.used_at is null and o.expires_at > now()
        and c.verified_at is null and o.address_hash = ${addressHash(sql`c.email`)}`,
)

/** Loads the address that a confirmation asks for. Undefined when it is confirmed, replaced or removed meanwhile. */
export const loadAddressToConfirm = async (db: Executor, mail: Mail): Promise<string | undefined> =>
  (await openConfirmation(db, valuesOf(mail)))[0]?.email
