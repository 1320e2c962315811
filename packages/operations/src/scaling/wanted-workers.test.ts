import { expect, test } from 'vitest'
import { type Work, wantedWorkers } from './wanted-workers.ts'

const idle: Work = {
  ...{ waiting: 0, due: 0, scheduled: 0, active: 0, pendingDeliveries: 0 },
  ...{ jobSeconds: 1, oldestEventSeconds: null, isPaused: false },
}
const targets = { concurrency: 4, drainSeconds: 30, waitSeconds: 60 }
const wanted = (work: Partial<Work>) => wantedWorkers({ ...idle, ...work }, targets)

test('no worker is wanted when there is no work', () => {
  expect(wanted({})).toBe(0)
})

test.for(['waiting', 'due', 'scheduled', 'active', 'pendingDeliveries'] as const)(
  'one worker is wanted when a single thing is %s',
  (name) => {
    expect(wanted({ [name]: 1 })).toBe(1)
    expect(wanted({ [name]: 1, isPaused: true })).toBe(1)
  },
)

test('the wanted workers run the waiting and due jobs within the drain target', () => {
  // 240 jobs of a second need 240 s of one slot, and one worker has 4 slots for 30 s.
  expect(wanted({ waiting: 200, due: 40 })).toBe(2)
  expect(wanted({ waiting: 241 })).toBe(3)
  expect(wanted({ waiting: 240, jobSeconds: 5 })).toBe(10)
})

test('the running jobs keep their workers when nothing waits', () => {
  expect(wanted({ active: 9 })).toBe(3)
})

test('a backlog in Postgres counts as full jobs, and scheduled retries do not', () => {
  expect(wanted({ waiting: 20, pendingDeliveries: 24_000 })).toBe(2)
  expect(wanted({ scheduled: 24_000, pendingDeliveries: 24_000 })).toBe(1)
})

test('one more worker is wanted when the oldest event is too old, in a job or not', () => {
  expect(wanted({ waiting: 240, oldestEventSeconds: 60 })).toBe(2)
  expect(wanted({ waiting: 240, oldestEventSeconds: 61 })).toBe(3)
  expect(wanted({ pendingDeliveries: 1, oldestEventSeconds: 61 })).toBe(2)
})

test('a paused queue wants no more workers than its running jobs need', () => {
  expect(wanted({ waiting: 10_000, active: 5, oldestEventSeconds: 900, isPaused: true })).toBe(2)
})
