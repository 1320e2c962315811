import { expect, test } from 'vitest'
import { count, duration, oneLine } from './format.ts'

test('a duration is formatted in its largest whole unit', () => {
  expect([0.4, 59.9, 60, 3_599, 3_600, 90_000].map(duration)).toEqual(['0 s', '59 s', '1 min', '59 min', '1 h', '1 d'])
})

test('a count has a plus sign when it reached its cap', () => {
  expect([count(9_999, 10_000), count(10_000, 10_000)]).toEqual(['9,999', '10,000+'])
})

test('an error is formatted on one line without control characters', () => {
  expect(oneLine('a\n  b\u001b[2Jc\u0007d\u202ee', 80)).toBe('a bc d e')
  expect(oneLine('0123456789', 5)).toBe('0123…')
})
