import { ownRedis } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { sabotaged } from './testing/sabotage.ts'
import { playStories } from './testing/stories.ts'

test('no read returns less than was acknowledged before it began, whatever happens to Redis and to fills', async () => {
  const { hits, refused, swaps } = await playStories(await ownRedis(), 80)
  // Otherwise nothing was put to the test.
  expect(Math.min(hits, refused, swaps)).toBeGreaterThan(10)
})

test.for(Object.entries(sabotaged))('the stories notice %s', { timeout: 60_000 }, async ([, adjust]) => {
  await expect(playStories(await ownRedis(), 1_000, adjust)).rejects.toThrow(/seed/)
})
