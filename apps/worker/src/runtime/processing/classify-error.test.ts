import { expect, test } from 'vitest'
import { backoffMs, classify } from './classify-error.ts'

test('an error is retried when only its message or its name looks special', () => {
  expect(classify(new Error('Connection problems of my own'))).toBe('retry')
  expect(classify('a string')).toBe('retry')
  expect(classify(Object.assign(new Error('never'), { name: 'UnrecoverableError' }))).toBe('retry')
})

test('the backoff grows exponentially up to its cap and spreads from zero to its bound', () => {
  const policy = { baseMs: 100, capMs: 1_000 }
  const bounds = [1, 2, 3, 4, 5, 60].map((failures) => backoffMs(failures, policy, () => 1))
  expect(bounds).toEqual([100, 200, 400, 800, 1_000, 1_000])
  expect(backoffMs(3, policy, () => 0)).toBe(0)
  expect(backoffMs(3, policy, () => 0.5)).toBe(200)
})
