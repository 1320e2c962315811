import { expect, test } from 'vitest'
import { onEachDeployment } from './support/deployments.ts'
import { playStories } from './support/model-commands.ts'
import { sabotaged } from './support/mutations.ts'

onEachDeployment(({ servers }) => {
  test('no read returns less than was acknowledged before it began, whatever happens to Redis and to fills', async () => {
    const { hits, refused, swaps } = await playStories(servers(), 80)
    // Otherwise nothing was put to the test.
    expect(Math.min(hits, refused, swaps)).toBeGreaterThan(10)
  })

  test.for(Object.entries(sabotaged))('the stories notice %s', { timeout: 120_000 }, async ([, adjust]) => {
    await expect(playStories(servers(), 1_000, adjust)).rejects.toThrow(/seed/)
  })
})
