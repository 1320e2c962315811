import { policies } from '@goals-tasks/events'
import { expect, test } from 'vitest'
import { backoffMs, classify, isUnreachable } from './classify-error.ts'

test('an error is retried when only its message or its name looks special', () => {
  expect(classify(new Error('Connection problems of my own'))).toBe('retry')
  expect(classify('a string')).toBe('retry')
  expect(classify(Object.assign(new Error('never'), { name: 'UnrecoverableError' }))).toBe('retry')
})

test.for(['08006', '25006', '53100', '53200', '53300', '57P01', '57P03'])(
  'an error is infrastructure when Postgres sends %s',
  (code) => {
    expect(classify(Object.assign(new Error('refused'), { code }))).toBe('infrastructure')
  },
)

test.for(['22P02', '23505', '25P03', '25P04', '40001', '42P01', '57014', 'P0001'])(
  'an error is retried when Postgres sends %s',
  (code) => {
    expect(classify(Object.assign(new Error('refused'), { code }))).toBe('retry')
  },
)

test.for([
  'LOADING Redis is loading the dataset in memory',
  "READONLY You can't write against a read only replica.",
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  'CLUSTERDOWN The cluster is down',
  'TRYAGAIN Multiple keys request during rehashing of slot',
  'BUSY Redis is busy running a script.',
  "OOM command not allowed when used memory > 'maxmemory'.",
  'MISCONF Redis is configured to save RDB snapshots',
  'Connection is closed.',
  'Command timed out',
  "Socket timeout. Expecting data, but didn't receive any in 15000ms.",
  "Stream isn't writeable and enableOfflineQueue options is false",
  'Reached the max retries per request limit (which is 0).',
])('an error is infrastructure when Redis or its driver says: %s', (message) => {
  expect(classify(new Error(message))).toBe('infrastructure')
})

test('an error is retried when Redis refuses the command itself', () => {
  expect(classify(new Error('WRONGTYPE Operation against a key holding the wrong kind of value'))).toBe('retry')
})

test.for(['Connection is closed.', 'Command timed out', 'Query read timeout', 'Connection terminated unexpectedly'])(
  'a server is unreachable when its driver says: %s',
  (message) => {
    expect(isUnreachable(new Error(message))).toBe(true)
  },
)

test('a server is reachable when it refuses a write, or when the pool is exhausted', () => {
  expect(isUnreachable(new Error("OOM command not allowed when used memory > 'maxmemory'."))).toBe(false)
  expect(isUnreachable(Object.assign(new Error('disk full'), { code: '53100' }))).toBe(false)
  expect(isUnreachable(new Error('timeout exceeded when trying to connect'))).toBe(false)
})

test('the backoff grows exponentially up to its cap and spreads from zero to its bound', () => {
  const policy = { baseMs: 100, capMs: 1_000 }
  const bounds = [1, 2, 3, 4, 5, 60].map((failures) => backoffMs(failures, policy, () => 1))
  expect(bounds).toEqual([100, 200, 400, 800, 1_000, 1_000])
  expect(backoffMs(3, policy, () => 0)).toBe(0)
  expect(backoffMs(3, policy, () => 0.5)).toBe(200)
})

test('the waits of sync follow its schedule, give or take a fifth', () => {
  const { attempts, backoff } = policies.sync
  const waits = (random: number) =>
    Array.from({ length: attempts - 1 }, (_, i) => backoffMs(i + 1, backoff, () => random) / 1_000)
  const schedule = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, ...Array(5).fill(43_200)]
  expect(waits(0.5)).toEqual(schedule)
  expect(waits(0)).toEqual(schedule.map((wait) => wait * 0.8))
  expect(waits(1)).toEqual(schedule.map((wait) => wait * 1.2))
})

test('sync makes its last attempt once 72 hours have passed', () => {
  const { attempts, backoff } = policies.sync
  const hoursUntil = (attempt: number) =>
    Array.from({ length: attempt - 1 }, (_, i) => backoffMs(i + 1, backoff, () => 0.5)).reduce((a, b) => a + b) /
    3_600_000
  expect(hoursUntil(attempts - 1)).toBeLessThan(72)
  expect(hoursUntil(attempts)).toBeGreaterThanOrEqual(72)
})
