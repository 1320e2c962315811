import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { loadEventIds, untilAllHave, untilHandled } from './feed/compare.ts'
import { createRandom } from './feed/random.ts'
import { type Feed, startFeed, whileOpen, writeAll } from './feed/start.ts'

/** `FEED_SEED=2 npm run test:scenarios -- feed.test.ts` runs the test with other random numbers. */
const seed = Number(process.env.FEED_SEED ?? 1)

const load = { fast: 2_000, slow: 50 }
/** One more transaction stays open all the time, and at least so long. */
const openMs = 30_000

/** Kills each process and Redis, in an order of the seed, one after the other while the load runs. */
async function killAll({ processes: { apis, worker, redis }, progress }: Feed): Promise<void> {
  const random = createRandom(seed + 1)
  const killRedis = async () => {
    await redis.kill()
    const end = Math.min(load.fast, progress.written + 20)
    await until(() => progress.written >= end)
    await redis.start()
  }
  const kills = [...apis.map(({ kill }) => kill), worker.kill, killRedis, ...apis.map(({ kill }) => kill), killRedis]
  const step = load.fast / (kills.length + 1)
  for (let next = step; kills.length > 0; next += step) {
    await until(() => progress.written >= next)
    const [kill] = kills.splice(random.below(kills.length), 1)
    await kill?.()
  }
  await Promise.all([...apis, worker].map(({ program }) => program()))
}

test(`every client gets every event once when processes and Redis are killed (seed ${seed})`, async () => {
  const feed = await startFeed({ seed, users: 10, clientsPerUser: 5, apis: 2, hasOwnPostgres: true })
  const { pool, clients } = feed
  await whileOpen(feed, async () => {
    const openUntil = performance.now() + openMs
    await Promise.all([writeAll(feed, load), killAll(feed)])
    await untilHandled(pool)
    const expected = await loadEventIds(pool)
    expect([...expected.values()].flat().length).toBeGreaterThan(load.fast + load.slow)
    await untilAllHave(clients, expected)
    await until(() => performance.now() > openUntil)
  })
  await untilHandled(pool)
  await untilAllHave(clients, await loadEventIds(pool))
})
