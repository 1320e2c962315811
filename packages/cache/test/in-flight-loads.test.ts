import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createBarrier } from './support/barrier.ts'
import { onEachDeployment } from './support/deployments.ts'
import { begin, openCache, patientLimits } from './support/open-cache.ts'

onEachDeployment(({ fresh }) => {
  test('a process loads an entity once when 500 reads miss it at the same time', async () => {
    const at = fresh()
    const processes = await Promise.all([1, 2, 3].map(() => openCache(at)))
    let loads = 0
    const barrier = createBarrier()
    const load = () => {
      loads++
      return barrier.hold(async () => ({ version: 1, text: '{}', readers: ['ada'] }))
    }
    const reads = Array.from({ length: 500 }, (_, i) => processes[i % 3]?.readEntity('goal', 'hot', 'ada', load))
    await until(() => processes.reduce((sum, { counters }) => sum + counters.misses, 0) === 500)
    barrier.open()
    expect(new Set((await Promise.all(reads)).map((found) => found?.version))).toEqual(new Set([1]))
    await Promise.all(processes.map((each) => each.fillsDone()))
    expect(loads).toBeLessThanOrEqual(3)
    expect(processes.reduce((sum, { counters }) => sum + counters.fills, 0)).toBeLessThanOrEqual(3)
  })

  test('a read loads without storing when the limit of in-flight loads is reached', async () => {
    const cache = await openCache(fresh(), { limits: { ...patientLimits, maxInFlightLoads: 2 } })
    const barrier = createBarrier()
    const reads = []
    for (const id of ['1', '2', '3'])
      reads.push(
        (
          await begin(cache, () =>
            cache.readEntity('goal', id, 'a', () =>
              barrier.hold(async () => ({ version: 1, text: id, readers: ['a'] })),
            ),
          )
        ).result,
      )
    barrier.open()
    expect((await Promise.all(reads)).map((found) => found?.text)).toEqual(['1', '2', '3'])
    await cache.fillsDone()
    expect(cache.counters.fills).toBe(2)
  })
})
