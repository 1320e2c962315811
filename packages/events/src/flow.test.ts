import { expect, test } from 'vitest'
import { type Flow, nextFlow } from './flow.ts'

test.for<[previous: Flow, waiting: number, next: Flow]>([
  ['direct', 0, 'direct'],
  ['direct', 15, 'direct'],
  ['direct', 16, 'fill'],
  ['fill', 1_000, 'fill'],
  ['fill', 1_001, 'stop'],
  ['fill', 15, 'direct'],
  ['stop', 1_000, 'stop'],
  ['stop', 16, 'stop'],
  ['stop', 15, 'direct'],
])('the flow after %s is decided by the waiting jobs when %d jobs wait: %s', ([previous, waiting, next]) => {
  expect(nextFlow(previous, waiting)).toBe(next)
})
