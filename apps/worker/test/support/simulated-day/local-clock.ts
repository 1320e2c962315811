import fc from 'fast-check'

/** The wall clock of a zone, minute by minute, as `Intl` shows it. It knows no rule of a clock change. */
export const minuteMs = 60_000
const dayMinutes = 1_440

type Local = { date: string; minute: number; weekDay: string }
export type LocalClock = ReturnType<typeof createLocalClock>

/** Returns the clock of a zone between two instants, which are full minutes. */
export function createLocalClock(zone: string, fromMs: number, toMs: number) {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...({ timeZone: zone, hourCycle: 'h23', weekday: 'long', hour: '2-digit', minute: '2-digit' } as const),
    ...({ year: 'numeric', month: '2-digit', day: '2-digit' } as const),
  })
  const minutes: Local[] = []
  for (let at = fromMs; at < toMs; at += minuteMs) minutes.push(parse(format.formatToParts(at)))

  /**
   * Whether a local time strikes in this minute: the first minute of the date that shows it, or, when the date lacks
   * it, the minute that shows it an hour later.
   */
  function strikes(index: number, time: number): boolean {
    const now = minutes[index]
    if (!now) return false
    const onDate = (minute: number) =>
      minutes.findIndex((each, i) => i > index - 2 * dayMinutes && each.date === now.date && each.minute === minute)
    if (now.minute === time) return onDate(time) === index
    return now.minute === time + 60 && onDate(time) === -1 && onDate(time + 60) === index && onDate(time - 60) !== -1
  }

  return {
    indexOf: (ms: number) => (ms - fromMs) / minuteMs,
    timeOf: (index: number) => fromMs + index * minuteMs,
    length: minutes.length,
    strikes: memoized(strikes),
    weekDay: (index: number) => minutes[index]?.weekDay,
    date: (index: number) => minutes[index]?.date,
  }
}

function memoized(read: (index: number, time: number) => boolean) {
  const known = new Map<number, boolean>()
  return (index: number, time: number) => {
    const key = time * 100_000 + index
    const value = known.get(key) ?? read(index, time)
    known.set(key, value)
    return value
  }
}

function parse(parts: readonly Intl.DateTimeFormatPart[]): Local {
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]))
  return {
    date: `${part.year}-${part.month}-${part.day}`,
    minute: Number(part.hour) * 60 + Number(part.minute),
    weekDay: String(part.weekday).toUpperCase(),
  }
}

/** Returns the minute of the day of `HH:MM`. */
export const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

/** Returns values of an arbitrary, always the same ones for a seed. */
export const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number, seed: number): T[] =>
  fc.sample(arbitrary, { numRuns: count, seed, unbiased: true })
