import { expect, test } from 'vitest'
import { type Moment, maximumWorkers, scenarios, simulate, simulatedSeconds } from './support/scaling/simulation.ts'

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
  expect(Math.max(...workersOf(moments))).toBeLessThan(maximumWorkers)
})

test.for(cases)('a scaler that follows the wanted workers changes its direction seldom: $name', ({ moments }) => {
  expect(turns(moments)).toBeLessThanOrEqual(4)
})

test.for(cases)('the backlog is short again in the last ten minutes: $name', ({ moments }) => {
  const end = moments.slice(simulatedSeconds - 600)
  expect(Math.max(...end.map(({ waiting }) => waiting))).toBeLessThan(200)
})

test('no worker is added while the queue is paused', () => {
  const { moments } = cases.find(({ name }) => name.startsWith('paused')) ?? expect.fail('no such scenario')
  const paused = moments.slice(900, 1_500)
  expect(Math.max(...paused.map(({ wanted }) => wanted))).toBeLessThanOrEqual(paused[0]?.workers ?? 0)
  expect(Math.min(...paused.map(({ wanted }) => wanted))).toBe(1)
})
