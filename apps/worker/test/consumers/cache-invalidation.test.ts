import { connectCache, createCache } from '@goals-tasks/cache'
import { until } from '@goals-tasks/devstack/testing'
import type { Goal, Task } from '@goals-tasks/events'
import pino from 'pino'
import { expect } from 'vitest'
import { pendingDeliveries } from '../support/rows.ts'
import { test as base } from '../support/test.ts'
import { startWorker } from '../support/test-worker.ts'
import type { Change } from '../support/writer.ts'

/**
 * A cache that only the worker invalidates. Each read returns whether it loaded from the database: true when the
 * cache had no entry.
 */
const test = base
  .extend('cache', async ({ installation }, { onCleanup }) => {
    startWorker(installation, { serve: ['cache-invalidation'] })
    const redis = connectCache(installation.redisUrl, () => undefined)
    const cache = createCache({ redis, prefix: installation.prefix, log: pino({ level: 'silent' }) })
    onCleanup(async () => {
      await cache.close()
      redis.disconnect()
    })
    return cache
  })
  .extend('loads', async ({ cache }) => {
    const goal = ({ id, userId, version }: Goal) =>
      hasLoaded((load) =>
        cache.readEntity('goal', id, userId, async () => load({ version, text: 'a goal', readers: [userId] })),
      )
    const task = ({ id, ownerId, version }: Task) =>
      hasLoaded((load) =>
        cache.readEntity('task', id, ownerId, async () => load({ version, text: 'a task', readers: [ownerId] })),
      )
    const list = (group: Parameters<typeof cache.readList>[0]['groups'][0]) =>
      hasLoaded((load) =>
        cache.readList({ groups: [group], variant: 'all', holder: 'ada' }, async () =>
          load({ text: '[]', tag: '', next: null }),
        ),
      )
    // The cache stores nothing until it has checked its Redis.
    await until(async () => !(await list('goals:user:probe')))
    return { goal, task, list }
  })
  .extend('consume', ({ installation: { dispatcher, pool } }) => async (...changes: Change<unknown>[]) => {
    dispatcher.dispatch(changes.flatMap((change) => change.events))
    await until(async () => (await pendingDeliveries(pool))['cache-invalidation'] === undefined)
  })

async function hasLoaded(read: (load: <T>(value: T) => T) => Promise<unknown>): Promise<boolean> {
  let loaded = false
  await read((value) => {
    loaded = true
    return value
  })
  return loaded
}

test('a goal leaves the cache together with its owner’s lists when it changes', async ({ loads, write, consume }) => {
  const made = await write.goal()
  await consume(made)
  const { id, userId } = made.entity
  const reads = [
    () => loads.goal(made.entity),
    () => loads.list(`goals:user:${userId}`),
    () => loads.list(`tasks:goal:${id}`),
  ]
  for (const read of reads) await until(async () => !(await read()))
  const changed = await write.changeGoal(made.entity, { title: 'another' })
  await consume(changed)
  expect(await loads.goal(changed.entity)).toBe(true)
  expect(await loads.list(`goals:user:${userId}`)).toBe(true)
  expect(await loads.list(`tasks:goal:${id}`)).toBe(false)
})

test('a task leaves the cache with the lists of both goals and both users when it is moved and reassigned', async ({
  loads,
  write,
  consume,
}) => {
  const [from, to] = [await write.goal(), await write.goal()]
  const [ann, bob] = [crypto.randomUUID(), crypto.randomUUID()]
  const made = await write.task(from.entity, { assignedTo: ann })
  const given = await write.changeTask(made.entity, { assignedTo: bob })
  await consume(from, to, made, given)
  const stale = [
    ...[`tasks:goal:${from.entity.id}`, `tasks:goal:${to.entity.id}`],
    ...[`tasks:user:${bob}`, `tasks:user:${from.entity.userId}`],
  ] as const
  await until(async () => !(await loads.task(given.entity)))
  for (const group of stale) await until(async () => !(await loads.list(group as `tasks:user:${string}`)))
  const moved = await write.moveTask(given.entity, to.entity)
  await consume(moved)
  expect(await loads.task(moved.entity)).toBe(true)
  for (const group of stale) expect(await loads.list(group as `tasks:user:${string}`), group).toBe(true)
})
