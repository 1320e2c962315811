import { expect, test } from 'vitest'
import { judge } from './targets.ts'

test('a ratio holds when it reaches its bound from above', () => {
  const target = { must: 0.6, aim: 0.9, best: 'high' } as const
  expect([0.59, 0.6, 0.9].map((median) => judge(median, target))).toEqual(['misses', 'holds', 'aim'])
})

test('an amount holds when it reaches its bound from below', () => {
  const target = { must: 3, best: 'low' } as const
  expect([3.01, 3, 0].map((median) => judge(median, target))).toEqual(['misses', 'holds', 'holds'])
})

test('a row misses its target when nothing was measured', () => {
  expect(judge(Number.NaN, { must: 1, best: 'low' })).toBe('misses')
})
