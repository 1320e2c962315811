import { expect, test } from 'vitest'
import { onEachDeployment } from './support/deployments.ts'
import { mutations } from './support/mutations.ts'
import { openTwo, raceFills, raceLists, raceOutages } from './support/races.ts'

/** A busy machine needs more than the default timeout for a thousand races on a cluster. */

onEachDeployment(({ fresh }) => {
  test('an entity is not stale when a fill loaded before a change arrives after it, a thousand times', async () => {
    expect(await raceFills(await openTwo(fresh()), 1_000)).toBe(0)
  })

  test('a list is not stale when a fill loaded before a change arrives after it, a thousand times', async () => {
    expect(await raceLists(await openTwo(fresh()), 1_000)).toBe(0)
  })

  test('an entity is not stale when it was changed during an outage of Redis, a thousand times', async () => {
    expect(await raceOutages(await openTwo(fresh()), 1_000)).toBe(0)
  })

  test.for([
    ['a plain DEL replaces the version check', 'fills', raceFills],
    ['any caller may join a load in flight', 'fills', raceFills],
    ['any caller may join a load in flight', 'lists', raceLists],
    ['a bypass ends without a bump', 'outages', raceOutages],
  ] as const)('a race finds stale reads when %s (%s)', async ([mutation, , race], { annotate }) => {
    const stale = await race(await openTwo(fresh(), mutations[mutation]), 200)
    await annotate(`${mutation}: ${stale} stale reads`)
    expect(stale).toBeGreaterThan(0)
  })
})
