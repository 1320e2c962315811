import { sql } from 'drizzle-orm'
import type { TracedMail } from './effect.ts'

/** The facts in Postgres about the mail of a notification, or about the reason of its absence. */
export type MailFacts = {
  channel: string
  sentAt: string | null
  skipReason: string | null
  /** The delivery to `email`: the instant of the next attempt and the last error. */
  dueAt: string | null
  lastError: string | null
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
    rfc3339(n.sent_at) as "sentAt", n.skip_reason as "skipReason", rfc3339(d.due_at) as "dueAt",
    d.last_error as "lastError", rfc3339(l.died_at) as "diedAt", l.error as "deadError",
    exists (select from receivers where consumer = 'email' and is_present) as "isOn",
    c.user_id is not null as "hasContact", coalesce(c.verified_at <= n.created_at, false) as "isConfirmed",
    coalesce(not p.is_enabled, false) as "isOff"`,
  joins: sql`
    left join events e on n.channel = 'email' and e.aggregate_id = n.id and e.type = 'mail:planned'
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
  if (facts.channel !== 'email') return { state: 'none', at: null, reason: reasonOfNone(facts) }
  if (facts.sentAt !== null) return { state: 'sent', at: facts.sentAt, reason: null }
  if (facts.skipReason !== null) return { state: 'skipped', at: null, reason: facts.skipReason }
  if (facts.deadError !== null) return { state: 'dead', at: facts.diedAt, reason: facts.deadError }
  return { state: 'pending', at: facts.dueAt, reason: facts.lastError }
}

function reasonOfNone({ isOn, hasContact, isConfirmed, isOff }: MailFacts): string {
  if (!isOn) return 'the installation sends no mail'
  if (!hasContact) return 'the user has no contact'
  if (!isConfirmed) return 'the address was not confirmed then'
  return isOff ? 'the user has turned the kind off' : 'the contact or the preferences have changed since'
}
