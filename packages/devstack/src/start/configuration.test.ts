import { expect, test } from 'vitest'
import { describeProblems } from './configuration.ts'

test('a problem of several programs is listed once with their names', () => {
  const found = [
    { name: 'api', problem: 'LOG_LEVEL is wrong' },
    { name: 'worker', problem: 'LOG_LEVEL is wrong' },
    { name: 'worker', problem: 'SYNC_URL is wrong' },
  ]
  expect(describeProblems(found)).toBe(
    'The configuration has 2 problem(s):\n  - api, worker: LOG_LEVEL is wrong\n  - worker: SYNC_URL is wrong',
  )
  expect(describeProblems([])).toBeUndefined()
})
