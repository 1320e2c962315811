import { type MailSchedule, nextMailTime } from '../../schedules/next-mail-time.ts'
import type { NewNotification } from './wanted.ts'

/** A notification whose mail is part of a digest. `sendsAt` is RFC 3339, UTC. */
export type HeldMail = NewNotification & { sendsAt: string; reason: HoldReason }
/** Why a planned mail is not sent at once. `trace` shows it. */
export type HoldReason = 'digest' | 'quiet hours'

export type UserSchedule = MailSchedule & { userId: string }

/**
 * Divides notifications by the schedules of their recipients, as of the instant `nowMs`: those whose mail is sent at
 * once, and those that wait for a digest. A recipient without a schedule waits for none.
 */
export function divideByTime<N extends NewNotification>(
  wanted: readonly N[],
  schedules: ReadonlyMap<string, MailSchedule>,
  timeOf: (notification: N) => number,
): { atOnce: N[]; held: HeldMail[] } {
  const divided: { atOnce: N[]; held: HeldMail[] } = { atOnce: [], held: [] }
  for (const notification of wanted) {
    const schedule = schedules.get(notification.userId)
    const nowMs = timeOf(notification)
    const sendsAtMs = schedule ? nextMailTime(nowMs, schedule) : nowMs
    if (schedule && sendsAtMs > nowMs) divided.held.push(toHeld(notification, schedule, sendsAtMs))
    else divided.atOnce.push(notification)
  }
  return divided
}

const toHeld = (notification: NewNotification, { digest }: MailSchedule, sendsAtMs: number): HeldMail => ({
  ...notification,
  sendsAt: new Date(sendsAtMs).toISOString(),
  reason: digest === 'off' ? 'quiet hours' : 'digest',
})
