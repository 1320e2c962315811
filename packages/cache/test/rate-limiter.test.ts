import { randomUUID } from 'node:crypto'
import { cleanUp } from '@goals-tasks/devstack/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketScript, type RatePolicy, spansOf, takeFromBucket } from '../src/limits/gcra.ts'
import { createRateLimiter } from '../src/limits/rate-limiter.ts'
import { connectCache } from '../src/redis/connect.ts'
import { connectAdmins, onEachDeployment } from './support/deployments.ts'

/** A window in which a test refills nothing. */
const daily = (quota: number): RatePolicy => ({ name: 'user', quota, windowMs: 86_400_000 })
/** A budget that suffices on the busiest machine. */
const patient = { budgetMs: 10_000, breakerOpenMs: 50, maxLocalBuckets: 100 }

/** Opens the limiter of one process, on a connection of its own. */
async function openLimiter({ url, prefix }: { url: string; prefix: string }, limits = patient) {
  const redis = connectCache(url, () => undefined)
  await new Promise((ready) => redis.once('ready', ready))
  cleanUp(async () => redis.disconnect())
  return { redis, ...createRateLimiter({ redis, prefix }, limits) }
}

onEachDeployment(({ servers, fresh, isCluster }) => {
  test('50 clients of two processes get exactly the quota', async () => {
    const place = fresh()
    const limiters = [await openLimiter(place), await openLimiter(place)]
    const client = async (n: number) => {
      let admitted = 0
      for (let i = 0; i < 10; i++) if ((await limiters[(n + i) % 2]?.take('ada', daily(123), 1))?.isAdmitted) admitted++
      return admitted
    }
    const admitted = await Promise.all(Array.from({ length: 50 }, (_, n) => client(n)))
    expect(admitted.reduce((sum, each) => sum + each, 0)).toBe(123)
    expect(limiters.map(({ counters }) => counters.local)).toEqual([0, 0])
    expect((await limiters[0]?.take('bob', daily(123), 1))?.isAdmitted).toBe(true)
  })

  test('a process asks Redis no more while it knows that a bucket is refused', async () => {
    const { redis, take, counters } = await openLimiter(fresh())
    await take('ada', daily(2), 2)
    expect(await take('ada', daily(2), 1)).toMatchObject({ isAdmitted: false, remaining: 0 })
    redis.disconnect()
    const again = take('ada', daily(2), 1)
    expect(again).not.toBeInstanceOf(Promise)
    expect(again).toMatchObject({ isAdmitted: false })
    expect(counters.refused.get('user')).toBe(2)
  })

  test('a refused cost does not refuse a smaller one that has room', async () => {
    const { take } = await openLimiter(fresh())
    await take('ada', daily(10), 6)
    expect(await take('ada', daily(10), 5)).toMatchObject({ isAdmitted: false, remaining: 4 })
    expect(await take('ada', daily(10), 4)).toMatchObject({ isAdmitted: true, remaining: 0 })
  })

  test.skipIf(isCluster)('calls of one turn are decided in their order', async () => {
    const { take } = await openLimiter(fresh())
    const costs = [1, 1, 3, 3, 3, 1, 1, 1]
    const decisions = await Promise.all([
      ...costs.map((cost) => take('ada', daily(9), cost)),
      ...costs.map((cost) => take('bob', daily(90), cost)),
    ])
    const shown = decisions.map(({ isAdmitted, remaining }) => (isAdmitted ? remaining : 'refused'))
    expect(shown.slice(0, 8)).toEqual([8, 7, 4, 1, 'refused', 0, 'refused', 'refused'])
    expect(shown.slice(8)).toEqual([89, 88, 85, 82, 79, 78, 77, 76])
  })

  test('Redis forgets a bucket when it is full again', async () => {
    const place = fresh()
    const { take } = await openLimiter(place)
    await take('ada', daily(100), 1)
    const ttls = connectAdmins(servers()).map(async (admin) => {
      const keys = await admin.keys(`${place.prefix}:rate:*`)
      return Promise.all(keys.map((key) => admin.pttl(key)))
    })
    const [ttl, ...others] = (await Promise.all(ttls)).flat()
    expect(others).toEqual([])
    expect(ttl).toBeGreaterThan(0)
    expect(ttl).toBeLessThanOrEqual(daily(100).windowMs / 100)
  })

  test('a process uses a bucket of its own when Redis is away', async () => {
    const { redis, take, counters } = await openLimiter(fresh())
    redis.disconnect()
    const decisions = []
    for (let i = 0; i < 8; i++) decisions.push((await take('ada', daily(5), 1)).isAdmitted)
    expect(decisions).toEqual([true, true, true, true, true, false, false, false])
    expect(counters.local).toBe(6)
  })

  test.skipIf(isCluster)('the script decides as the model when both get the same clock', async () => {
    const [admin] = connectAdmins(servers())
    if (!admin) throw new Error('there is no server')
    const policy = daily(7)
    const script = bucketScript('tonumber(ARGV[#ARGV])')
    const step = fc.record({
      waitUs: fc.nat(2 * spansOf(policy, 1).unit),
      takes: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 })), {
        ...{ minLength: 1, maxLength: 3 },
      }),
    })
    const run = async (steps: { waitUs: number; takes: [cost: number, times: number][] }[]) => {
      const key = randomUUID()
      let [now, fullAt] = [Date.now() * 1_000, 0]
      for (const { waitUs, takes } of steps) {
        now += waitUs
        const args = takes.flatMap(([cost, times]) => [
          spansOf(policy, cost).bucket,
          spansOf(policy, cost).taken,
          times,
        ])
        const reply = await admin.eval(script, takes.length, ...takes.map(() => key), ...args, now)
        const expected = takes.map(([cost, times]) => {
          const untilFull = Math.max(fullAt - now, 0)
          for (let i = 0; i < times; i++) fullAt = takeFromBucket(policy, { fullAt, now, cost }).fullAt
          return untilFull
        })
        expect(reply).toEqual(expected)
      }
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 20 }), run), { numRuns: 40 })
  })

  test('a process uses its own bucket within its budget when Redis hangs', async () => {
    const server = servers()
    const { take, counters } = await openLimiter(fresh(), { ...patient, budgetMs: 50 })
    for (const node of server.nodes) node.pause()
    try {
      expect(await take('ada', daily(5), 1)).toMatchObject({ isAdmitted: true, remaining: 4 })
      expect(counters.local).toBe(1)
    } finally {
      for (const node of server.nodes) node.resume()
    }
  })
})
