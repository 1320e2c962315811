import { expect, test } from 'vitest'
import { createRecentMisses } from './recent-misses.ts'

test('a miss repeats when the same key was missed lately', () => {
  const misses = createRecentMisses({ maxKeys: 2 })
  expect(['a', 'b', 'a', 'b'].map(misses.repeats)).toEqual([false, false, true, true])
})

test('the oldest miss is forgotten when there are more than the limit', () => {
  const misses = createRecentMisses({ maxKeys: 2 })
  expect(['a', 'b', 'c', 'a'].map(misses.repeats)).toEqual([false, false, false, false])
})
