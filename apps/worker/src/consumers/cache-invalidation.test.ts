import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { type Change, createInstallation, createWriter, pendingDeliveries, startWorker } from '../../test/harness.ts'

async function begin() {
  const on = await createInstallation()
  startWorker(on, { serve: ['cache-invalidation'] })
  await until(() => on.producer.status === 'ready')
  const key = (name: string) => `${on.prefix}:${name}`
  return {
    write: createWriter(on.pool),
    fill: (...names: string[]) => on.producer.mset(Object.fromEntries(names.map((name) => [key(name), 'cached']))),
    async dropped(names: string[], ...changes: Change<unknown>[]) {
      on.dispatcher.nudge(changes.flatMap((change) => change.events))
      await until(async () => (await pendingDeliveries(on.pool))['cache-invalidation'] === undefined)
      const values = await on.producer.mget(names.map(key))
      return names.filter((_, i) => values[i] === null)
    },
  }
}

test('a changed goal leaves the cache, with its owner’s list', async () => {
  const { write, fill, dropped } = await begin()
  const goal = await write.goal()
  const stale = [`goal:${goal.entity.id}`, `goals:user:${goal.entity.userId}`]
  const fresh = [`goal:${crypto.randomUUID()}`, `tasks:goal:${goal.entity.id}`]
  await fill(...stale, ...fresh)
  expect(await dropped([...stale, ...fresh], goal)).toEqual(stale)
})

test('a moved task leaves the cache, with the lists of both goals', async () => {
  const { write, fill, dropped } = await begin()
  const [from, to] = [await write.goal(), await write.goal()]
  const task = await write.task(from.entity)
  await dropped(['anything'], from, to, task)
  const moved = await write.moveTask(task.entity, to.entity)
  const stale = [`task:${task.entity.id}`, `tasks:goal:${from.entity.id}`, `tasks:goal:${to.entity.id}`]
  await fill(...stale, `goal:${from.entity.id}`)
  expect(await dropped([...stale, `goal:${from.entity.id}`], moved)).toEqual(stale)
})
