import { expect, test } from 'vitest'
import { onEachDeployment } from './support/deployments.ts'
import { openCache, shortLimits } from './support/open-cache.ts'

/** The budget suffices on the busiest machine when the block uses up a slice of it. */
const limits = { ...shortLimits, budgetMs: 1_000 }
const blockMs = 1_100

/** Blocks the event loop, as other requests do in a process that is short of CPU. */
function block(): void {
  for (const end = performance.now() + blockMs; performance.now() < end; );
}

onEachDeployment(({ fresh }) => {
  test('an invalidation is confirmed when the event loop is blocked for longer than the budget', async () => {
    const cache = await openCache(fresh(), { limits })
    for (let i = 0; i < 3; i++) {
      // The command leaves this process only after the block.
      const isConfirmed = cache.invalidate({
        entities: [{ kind: 'task', id: 't', version: 2 }],
        groups: ['tasks:goal:1'],
      })
      block()
      expect(await isConfirmed).toBe(true)
    }
    expect(cache.counters).toMatchObject({ invalidations: 3, invalidationsMissed: 0, swaps: 0 })
  })
})
