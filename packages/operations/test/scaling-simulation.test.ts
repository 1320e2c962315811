import { expect, test } from 'vitest'
import { createScaler, scalerSettings } from './support/scaling/scaler.ts'
import { scenarios } from './support/scaling/scenarios.ts'
import { type Moment, simulate, simulatedSeconds } from './support/scaling/simulation.ts'

const cases = scenarios.map((scenario) => ({ name: scenario.name, moments: simulate(scenario) }))
const workersOf = (moments: readonly Moment[]) => moments.map(({ workers }) => workers)

/** Counts how often the number of workers changes its direction. */
function turns(moments: readonly Moment[]): number {
  const steps = workersOf(moments).flatMap((count, i, all) =>
    i > 0 && count !== all[i - 1] ? [count - (all[i - 1] ?? 0)] : [],
  )
  return steps.filter((step, i) => i > 0 && Math.sign(step) !== Math.sign(steps[i - 1] ?? step)).length
}

test.for(cases)('a scaler that follows the wanted workers stays below its maximum: $name', ({ moments }) => {
  expect(Math.max(...workersOf(moments))).toBeLessThan(scalerSettings.maximumWorkers)
})

test.for(cases)('a scaler that follows the wanted workers changes its direction seldom: $name', ({ moments }) => {
  expect(turns(moments)).toBeLessThanOrEqual(4)
})

test.for(cases)('the backlog is short again in the last ten minutes: $name', ({ moments }) => {
  const end = moments.slice(simulatedSeconds - 600)
  expect(Math.max(...end.map(({ work }) => work.pendingDeliveries))).toBeLessThan(200)
})

test.for(cases)('at least one worker is wanted while an event is pending, and none otherwise: $name', ({ moments }) => {
  const isWanted = moments.map(({ wanted }) => wanted > 0)
  expect(isWanted).toEqual(moments.map(({ work }) => work.pendingDeliveries > 0 || work.active > 0))
})

const momentsOf = (start: string) =>
  (cases.find(({ name }) => name.startsWith(start)) ?? expect.fail(`no scenario begins with ${start}`)).moments

test('no worker is added while the queue is paused', () => {
  const moments = momentsOf('paused')
  const paused = moments.slice(900, 1_500)
  expect(Math.max(...paused.map(({ wanted }) => wanted))).toBeLessThanOrEqual(paused[0]?.workers ?? 0)
  expect(Math.min(...paused.map(({ wanted }) => wanted))).toBe(1)
})

test('due jobs and scheduled retries occur in the simulation', () => {
  expect(momentsOf('paused').some(({ work }) => work.due > 0)).toBe(true)
  expect(momentsOf('failing').some(({ work }) => work.scheduled > 100)).toBe(true)
})

test('events that only Postgres has occur in the simulation, and one more worker is wanted while they are late', () => {
  const flushed = momentsOf('flushed').slice(900)
  const late = flushed.filter(({ work }) => (work.oldestEventSeconds ?? 0) > 60)
  // Each event of the simulation has a job of its own.
  const withoutJob = late.map(({ work }) => work.pendingDeliveries - work.waiting - work.active)
  expect(Math.max(...withoutJob)).toBeGreaterThan(200)
  for (const { work, wanted } of late) expect(wanted).toBeGreaterThan(work.active / 4)
})

test.for([
  ['ignores one process more than eleven', { present: 11, wanted: 12, chosen: 11 }],
  ['ignores one process less than eleven', { present: 11, wanted: 10, chosen: 11 }],
  ['follows two processes more than ten', { present: 10, wanted: 12, chosen: 12 }],
  ['follows one process more than nine', { present: 9, wanted: 10, chosen: 10 }],
  ['adds four processes at once', { present: 2, wanted: 12, chosen: 6 }],
  ['doubles the processes at once', { present: 5, wanted: 12, chosen: 10 }],
  ['stops no more than all but one', { present: 3, wanted: 0, chosen: 1 }],
  ['stays at its maximum', { present: 11, wanted: 99, chosen: scalerSettings.maximumWorkers }],
] as const)('a scaler %s', ([, { present, wanted, chosen }]) => {
  expect(createScaler()(0, wanted, present)).toBe(chosen)
})

test('a scaler stops processes when the number was lower for five minutes', () => {
  const scale = createScaler()
  const { pollEverySeconds, scaleDownWindowSeconds } = scalerSettings
  const looks = scaleDownWindowSeconds / pollEverySeconds
  const chosen = Array.from({ length: looks + 1 }, (_, look) => scale(look * pollEverySeconds, look === 0 ? 8 : 3, 8))
  expect(chosen).toEqual([...Array.from({ length: looks }, () => 8), 3])
})
