import { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import { createRateLimiter } from '../src/limits/rate-limiter.ts'
import { onEachDeployment } from './support/deployments.ts'
import { openCache } from './support/open-cache.ts'

const patient = { budgetMs: 10_000, breakerOpenMs: 50, maxLocalBuckets: 100 }
const policy = { name: 'user', quota: 1_000_000, windowMs: 86_400_000 }
const load = async () => ({ version: 1, text: 'x', readers: ['ada'] })

onEachDeployment(({ fresh, isCluster }) => {
  test.skipIf(isCluster)('the reads and the rate limits of one turn reach Redis in one write', async () => {
    const place = fresh()
    const cache = await openCache(place)
    const { take, counters } = createRateLimiter({ redis: cache.redis, prefix: place.prefix }, patient)
    const serve = (ids: string[]) =>
      Promise.all(ids.flatMap((id) => [take(id, policy, 1), cache.readEntity('goal', id, 'ada', load)]))
    await serve(['a', 'b', 'c'])
    await cache.fillsDone()
    const { stream } = cache.redis instanceof Redis ? cache.redis : expect.fail('a cluster has one socket per node')
    // A socket writes one chunk by the one method, and several at once by the other.
    const [single, joint] = [vi.spyOn(stream, '_write'), vi.spyOn(stream, '_writev')]
    for (let turn = 0; turn < 10; turn++) await serve(['a', 'b', 'c'])
    expect(single.mock.calls.length + joint.mock.calls.length).toBe(10)
    expect(counters.local).toBe(0)
    expect(cache.counters).toMatchObject({ hits: 30 })
  })
})
