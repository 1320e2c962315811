import type { Tx } from '@goals-tasks/db'
import { holdMails } from './hold-mails.ts'
import { divideByTime, type HeldMail, type UserSchedule } from './mail-times.ts'
import { planMails } from './plan-mails.ts'
import type { NewNotification } from './wanted.ts'

/** A digest is closed when its window ends. So a mail that misses one is in time for the next. */
const maxRounds = 3

export type MailPlan = { schedules: readonly UserSchedule[]; nowMs: number; onHeld: (count: number) => void }

/**
 * Plans the mails of notifications: at once, or in the digest of the recipient's schedule. All of it is part of the
 * consumer's transaction.
 */
export async function planBySchedule(tx: Tx, wanted: readonly NewNotification[], plan: MailPlan): Promise<void> {
  const schedules = new Map(plan.schedules.map((schedule) => [schedule.userId, schedule]))
  const first = divideByTime(wanted, schedules, () => plan.nowMs)
  const atOnce: NewNotification[] = [...first.atOnce]
  let { held } = first
  for (let round = 0; held.length > 0; round++) {
    if (round === maxRounds) throw new Error('the digests of three windows in a row are closed')
    const { count, late } = await holdMails(tx, held)
    plan.onHeld(count)
    // The window of these mails has ended, so their time is its end.
    const later = divideByTime(late, schedules, ({ sendsAt }: HeldMail) => Date.parse(sendsAt))
    atOnce.push(...later.atOnce)
    held = later.held
  }
  if (atOnce.length > 0) tx.events.push(...(await planMails(tx, atOnce)))
}
