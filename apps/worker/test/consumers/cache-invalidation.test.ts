import { connectCache, createCache } from '@goals-tasks/cache'
import { until } from '@goals-tasks/devstack/testing'
import type { Goal, Task } from '@goals-tasks/events'
import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { type Change, createInstallation, createWriter, pendingDeliveries, startWorker } from '../harness.ts'

/** A worker, and a cache that nobody but the worker tells of changes. */
async function begin() {
  const on = await createInstallation()
  startWorker(on, { serve: ['cache-invalidation'] })
  const redis = connectCache(on.redisUrl, () => undefined)
  const cache = createCache({ redis, prefix: on.prefix, log: pino({ level: 'silent' }) })
  onTestFinished(async () => {
    await cache.close()
    redis.disconnect()
  })
  /** Whether reading asks the database, which says that it was not kept. */
  const asks = async (read: (load: () => void) => Promise<unknown>) => {
    let asked = false
    await read(() => {
      asked = true
    })
    return asked
  }
  const goal = ({ id, userId, version }: Goal) =>
    asks((load) =>
      cache.readEntity('goal', id, userId, async () => {
        load()
        return { version, text: 'a goal', readers: [userId] }
      }),
    )
  const task = ({ id, ownerId, version }: Task) =>
    asks((load) =>
      cache.readEntity('task', id, ownerId, async () => {
        load()
        return { version, text: 'a task', readers: [ownerId] }
      }),
    )
  const list = (scope: Parameters<typeof cache.readList>[0][0]) =>
    asks((load) =>
      cache.readList([scope], 'all', async () => {
        load()
        return { text: '[]', tag: '', next: null }
      }),
    )
  // Until the cache trusts its Redis it keeps nothing.
  await until(async () => !(await list('goals:user:nobody')))
  return {
    ...{ goal, task, list, write: createWriter(on.pool) },
    async consume(...changes: Change<unknown>[]) {
      on.dispatcher.dispatch(changes.flatMap((change) => change.events))
      await until(async () => (await pendingDeliveries(on.pool))['cache-invalidation'] === undefined)
    },
  }
}

test('a changed goal leaves the cache, with its owner’s lists', async () => {
  const { goal, list, write, consume } = await begin()
  const made = await write.goal()
  await consume(made)
  const { id, userId } = made.entity
  const reads = [() => goal(made.entity), () => list(`goals:user:${userId}`), () => list(`tasks:goal:${id}`)]
  for (const read of reads) await until(async () => !(await read()))
  const changed = await write.changeGoal(made.entity, { title: 'another' })
  await consume(changed)
  expect(await goal(changed.entity)).toBe(true)
  expect(await list(`goals:user:${userId}`)).toBe(true)
  expect(await list(`tasks:goal:${id}`)).toBe(false)
})

test('a moved and reassigned task leaves the cache, with the lists of both goals and of both people', async () => {
  const { task, list, write, consume } = await begin()
  const [from, to] = [await write.goal(), await write.goal()]
  const [ann, bob] = [crypto.randomUUID(), crypto.randomUUID()]
  const made = await write.task(from.entity, { assignedTo: ann })
  const given = await write.changeTask(made.entity, { assignedTo: bob })
  await consume(from, to, made, given)
  const stale = [
    ...[`tasks:goal:${from.entity.id}`, `tasks:goal:${to.entity.id}`],
    ...[`tasks:user:${bob}`, `tasks:user:${from.entity.userId}`],
  ] as const
  await until(async () => !(await task(given.entity)))
  for (const scope of stale) await until(async () => !(await list(scope as `tasks:user:${string}`)))
  const moved = await write.moveTask(given.entity, to.entity)
  await consume(moved)
  expect(await task(moved.entity)).toBe(true)
  for (const scope of stale) expect(await list(scope as `tasks:user:${string}`), scope).toBe(true)
})
