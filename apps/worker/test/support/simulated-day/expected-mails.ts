import { type LocalClock, minuteOf } from './local-clock.ts'
import type { Person } from './people.ts'
import type { Notice } from './plan.ts'

/** A day in steps. In each step the clock stands at its beginning. */
export type Day = { startMs: number; stepMs: number; steps: number; isDown: (step: number) => boolean }

export type ExpectedMail = { userId: string; step: number; headings: string[] }

/** Returns whether an instant lies in the quiet hours: whether their beginning struck later than their end. */
function isQuiet(clock: LocalClock, index: number, { schedule }: Person): boolean {
  if (!schedule?.quietHours) return false
  const [from, until] = [minuteOf(schedule.quietHours.from), minuteOf(schedule.quietHours.until)]
  for (let at = index; at > 0; at--) {
    if (clock.strikes(at, until)) return false
    if (clock.strikes(at, from)) return true
  }
  return false
}

/** Returns the minute in which the window of a notification ends, or the minute itself without a window. */
function windowEnd(clock: LocalClock, index: number, { schedule }: Person): number {
  if (!schedule || schedule.digest === 'off') return index
  for (let at = index + 1; at < clock.length; at++) {
    if (schedule.digest === 'hourly' && clock.timeOf(at) % 3_600_000 === 0) return at
    if (schedule.digest === 'hourly' || !clock.strikes(at, minuteOf(schedule.digestTime))) continue
    if (schedule.digest === 'daily' || clock.weekDay(at) === schedule.digestDay) return at
  }
  return Number.POSITIVE_INFINITY
}

function afterQuiet(clock: LocalClock, index: number, person: Person): number {
  let at = index
  while (at < clock.length && isQuiet(clock, at, person)) at++
  return at
}

/** Returns the first step at which a mail can be sent that may be sent from a minute on. */
function stepOfMail(clock: LocalClock, sendsAt: number, { person, day }: { person: Person; day: Day }): number {
  const atStep = (step: number) => clock.indexOf(day.startMs + step * day.stepMs)
  for (let step = 0; step < day.steps; step++)
    if (atStep(step) >= sendsAt && !day.isDown(step) && !isQuiet(clock, atStep(step), person)) return step
  return Number.POSITIVE_INFINITY
}

/** Computes the mails of one person from their notices. */
export function expectedMailsOf(
  notices: readonly Notice[],
  { person, clock, day }: { person: Person; clock: LocalClock; day: Day },
): ExpectedMail[] {
  const isOff = (kind: string) => person.off.some((each) => each.kind === kind && each.channel === 'email')
  if (person.contact !== 'confirmed') return []
  const planned = notices
    .filter(({ kind }) => !isOff(kind))
    .map((notice) => {
      const now = clock.indexOf(day.startMs + notice.step * day.stepMs)
      const sendsAt = afterQuiet(clock, windowEnd(clock, now, person), person)
      return { notice, sendsAt, group: sendsAt === now ? `${notice.heading} ${notice.step}` : String(sendsAt) }
    })
  return [...Map.groupBy(planned, ({ group }) => group).values()]
    .map((together) => ({
      userId: person.id,
      step: stepOfMail(clock, together[0]?.sendsAt ?? 0, { person, day }),
      headings: together.map(({ notice }) => notice.heading).toSorted(),
    }))
    .filter(({ step }) => Number.isFinite(step))
}
