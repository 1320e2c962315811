import { quietUntil } from '../../schedules/next-mail-time.ts'
import type { Recipient } from './load.ts'
import type { SkipReason } from './record.ts'

/**
 * Returns the address to which a mail is sent at present, why it is not sent, or how long the quiet hours of the
 * recipient last. A mail that the server refused for now comes back at any time, so this looks at each attempt.
 */
export function recipientOf(
  { email, isVerified, schedule, now }: Recipient,
  clock: (() => number) | undefined,
): { to: string } | { skipReason: SkipReason } | { waitMs: number } {
  if (email === null) return { skipReason: 'no contact' }
  if (!isVerified) return { skipReason: 'not confirmed' }
  const nowMs = clock?.() ?? Date.parse(now)
  const until = schedule ? quietUntil(nowMs, schedule) : undefined
  return until === undefined ? { to: email } : { waitMs: until - nowMs }
}
