import { sql } from 'drizzle-orm'
import type { TracedMail } from './effect.ts'

/** The facts in Postgres about the mail of a notification, or about the reason of its absence. */
export type MailFacts = {
  channel: string
  sentAt: string | null
  skipReason: string | null
  /** When the window of its open digest ends. Null for a mail of its own, and when the digest is closed. */
  heldUntil: string | null
  /** The delivery to `email`: the instant of the next attempt and the last error. */
  dueAt: string | null
  lastError: string | null
  /** Why no mail is sent at present: the mail server has not answered. */
  blockReason: string | null
  /** The dead letter. */
  diedAt: string | null
  deadError: string | null
  /** Whether the installation sends mail, and what holds for the recipient at present. */
  isOn: boolean
  hasContact: boolean
  isConfirmed: boolean
  isOff: boolean
}

/** Columns and joins of `MailFacts` for the notifications `n`. Postgres finds each of them by a key. */
export const mailFacts = {
  columns: sql`
    rfc3339(n.sent_at) as "sentAt", n.skip_reason as "skipReason",
    case when digest.closed_at is null then rfc3339(digest.sends_at) end as "heldUntil",
    rfc3339(d.due_at) as "dueAt", d.last_error as "lastError",
    (select block_reason from receivers where consumer = 'email' and blocked_until > now()) as "blockReason",
    rfc3339(l.died_at) as "diedAt", l.error as "deadError",
    exists (select from receivers where consumer = 'email' and is_present) as "isOn",
    c.user_id is not null as "hasContact", coalesce(c.verified_at <= n.created_at, false) as "isConfirmed",
    coalesce(not p.is_enabled, false) as "isOff"`,
  joins: sql`
    left join mail_digests digest on digest.id = n.digest_id
    left join events e on n.channel = 'email' and e.aggregate_id = coalesce(n.digest_id, n.id)
      and e.type in ('mail:planned', 'digest:due')
    left join deliveries d on d.consumer = 'email' and d.event_id = e.id
    left join dead_letters l on l.consumer = 'email' and l.event_id = e.id
    left join contacts c on c.user_id = n.user_id
    left join notification_preferences p on p.user_id = n.user_id and p.kind = n.kind and p.channel = 'email'`,
}

/**
 * Returns the mail of a row of the channel `email`. For a notification in the application it returns why there is no
 * mail: the first reason that holds at present.
 */
export function mailOf(facts: MailFacts): TracedMail {
  const { sentAt, skipReason, heldUntil, dueAt, deadError } = facts
  if (facts.channel !== 'email') return { state: 'none', at: null, reason: reasonOfNone(facts) }
  if (sentAt !== null) return { state: 'sent', at: sentAt, reason: null }
  if (heldUntil !== null) return { state: 'held', at: heldUntil, reason: skipReason }
  if (deadError !== null) return { state: 'dead', at: facts.diedAt, reason: deadError }
  if (dueAt !== null) return { state: 'pending', at: dueAt, reason: reasonOfPending(facts) }
  return { state: 'skipped', at: null, reason: skipReason }
}

function reasonOfPending({ lastError, blockReason, skipReason }: MailFacts): string | null {
  if (blockReason !== null) return `no mail is tried for now, because the last ones failed: ${blockReason}`
  return lastError ?? (skipReason === 'quiet hours' ? skipReason : null)
}

function reasonOfNone({ isOn, hasContact, isConfirmed, isOff }: MailFacts): string {
  if (!isOn) return 'the installation sends no mail'
  if (!hasContact) return 'the user has no contact'
  if (!isConfirmed) return 'the address was not confirmed then'
  return isOff ? 'the user has turned the kind off' : 'the contact or the preferences have changed since'
}
