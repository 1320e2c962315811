import { type digestIntervals, weekDays } from '@goals-tasks/events'
import { Temporal } from 'temporal-polyfill'

/** When a user wants mails. Times are those of a clock in `zone`, as `HH:MM`. */
export type MailSchedule = {
  digest: (typeof digestIntervals)[number]
  /** The time of daily and weekly digests. */
  digestTime: string
  /** The day of weekly digests. */
  digestDay: (typeof weekDays)[number]
  /** Quiet hours that end before they begin pass midnight. */
  quietHours: { from: string; until: string } | null
  /** An IANA time zone. */
  zone: string
}

const hourMs = 3_600_000

/**
 * Returns the instant at which a notification of this instant may be mailed, in milliseconds since the epoch: the end
 * of the digest's window, or of the quiet hours in which it lies. A mail that may be sent at once returns `nowMs`.
 * A time that the clock skips counts by the offset from before, and of a time that it shows twice the first one counts.
 */
export function nextMailTime(nowMs: number, schedule: MailSchedule): number {
  const sendsAt = endOfWindow(zonedTime(nowMs, schedule.zone), schedule)
  return endOfQuietHours(sendsAt, schedule)?.epochMilliseconds ?? sendsAt.epochMilliseconds
}

/** Returns the end of the quiet hours at an instant, in milliseconds since the epoch, or undefined outside of them. */
export const quietUntil = (nowMs: number, schedule: MailSchedule): number | undefined =>
  endOfQuietHours(zonedTime(nowMs, schedule.zone), schedule)?.epochMilliseconds

/** A zone that this runtime does not know counts as UTC. */
function zonedTime(ms: number, zone: string): Temporal.ZonedDateTime {
  const instant = Temporal.Instant.fromEpochMilliseconds(ms)
  try {
    return instant.toZonedDateTimeISO(zone)
  } catch (error) {
    if (error instanceof RangeError) return instant.toZonedDateTimeISO('UTC')
    throw error
  }
}

function endOfWindow(now: Temporal.ZonedDateTime, { digest, digestTime, digestDay }: MailSchedule) {
  if (digest === 'off') return now
  // Hours of UTC: no clock skips or repeats one.
  if (digest === 'hourly') return now.add({ milliseconds: hourMs - (now.epochMilliseconds % hourMs) })
  const weekDay = digest === 'weekly' ? weekDays.indexOf(digestDay) + 1 : undefined
  return firstAfter(now, digestTime, weekDay)
}

/** A week and its neighbours: a skipped time of yesterday may lie in today. */
const daysToTry = Array.from({ length: 10 }, (_, day) => day - 1)

function firstAfter(now: Temporal.ZonedDateTime, time: string, weekDay: number | undefined): Temporal.ZonedDateTime {
  const found = daysToTry
    .map((days) => now.toPlainDate().add({ days }))
    .filter((date) => weekDay === undefined || date.dayOfWeek === weekDay)
    .map((date) => timeOfDay(date, time, now.timeZoneId))
    .find((candidate) => Temporal.ZonedDateTime.compare(candidate, now) > 0)
  if (!found) throw new RangeError(`no ${time} follows within nine days`)
  return found
}

const timeOfDay = (date: Temporal.PlainDate, time: string, timeZone: string) =>
  date.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) })

/** Quiet hours are stretches of time that begin on each day. So a clock that repeats an hour does not repeat them. */
function endOfQuietHours(at: Temporal.ZonedDateTime, { quietHours }: MailSchedule): Temporal.ZonedDateTime | undefined {
  if (!quietHours) return undefined
  const { from, until } = quietHours
  for (const days of [-1, 0]) {
    const date = at.toPlainDate().add({ days })
    const begin = timeOfDay(date, from, at.timeZoneId)
    const end = timeOfDay(until <= from ? date.add({ days: 1 }) : date, until, at.timeZoneId)
    const isWithin = Temporal.ZonedDateTime.compare(begin, at) <= 0 && Temporal.ZonedDateTime.compare(at, end) < 0
    if (isWithin) return end
  }
  return undefined
}
