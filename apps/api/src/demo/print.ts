import type { Loaded } from './load.ts'
import type { Counts, Roadmap } from './read-file.ts'
import type { Figures } from './report.ts'

export type Outcome = Figures & {
  writes: number
  seconds: number
  writesPerSecond: number
  adapted: Counts
  notLoaded: Counts
}

export const outcomeOf = (roadmap: Roadmap, { writes, seconds }: Loaded, figures: Figures): Outcome => ({
  ...figures,
  writes,
  seconds,
  writesPerSecond: Math.round(writes / seconds),
  adapted: roadmap.adapted,
  notLoaded: roadmap.notLoaded,
})

export const countFaults = ({ faults }: Figures): number => Object.values(faults).reduce((sum, count) => sum + count, 0)

const number = new Intl.NumberFormat('en')
const wholeMs = (ms: number) => `${number.format(Math.round(ms))} ms`

const promises: Record<keyof Figures['faults'], string> = {
  missingEntities: 'every acknowledged goal and task is there',
  unfaithfulAudits: "every audit is gapless and ends with its entity's version",
  deliveriesLeft: 'no delivery is left',
  deadLetters: 'there is no dead letter',
}

/** The outcome for a person. */
export function outcomeText(outcome: Outcome): string {
  const { writes, seconds, commitToEffectMs } = outcome
  const facts: [string, string][] = [
    ['goals', number.format(outcome.goals)],
    ['tasks', number.format(outcome.tasks)],
    ['events', number.format(outcome.events)],
    ['notifications', number.format(outcome.notifications)],
    ['audit rows', number.format(outcome.auditRows)],
    [
      'writes per second',
      `${number.format(outcome.writesPerSecond)} (${number.format(writes)} in ${seconds.toFixed(1)} s)`,
    ],
    ['commit to audit row', `p50 ${wholeMs(commitToEffectMs.p50)}, p99 ${wholeMs(commitToEffectMs.p99)}`],
  ]
  const remarks = (title: string, counts: Counts) =>
    Object.entries(counts).map(([what, times]) => `  ${title}: ${number.format(times)} ${what}`)
  const checks = (Object.keys(promises) as (keyof typeof promises)[]).map((name) => {
    const count = outcome.faults[name]
    return count === 0 ? `  ✔ ${promises[name]}` : `  ✖ ${promises[name]}: ${number.format(count)} exceptions`
  })
  return [
    '',
    ...facts.map(([name, value]) => `  ${name.padEnd(20)} ${value}`),
    '',
    ...remarks('adapted', outcome.adapted),
    ...remarks('not loaded', outcome.notLoaded),
    ...checks,
    '',
  ].join('\n')
}
