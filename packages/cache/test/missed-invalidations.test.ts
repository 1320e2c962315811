import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { onEachDeployment } from './support/deployments.ts'
import { createMemoryDatabase } from './support/memory-database.ts'
import { type OpenCache, openCache, shortLimits } from './support/open-cache.ts'
import { mustNotLoad } from './support/task-fixture.ts'

const holder = 'ada'

onEachDeployment(({ fresh }) => {
  /** Opens two processes, in front of a database with two tasks. The cache holds both tasks and a list of each. */
  async function start() {
    const at = fresh()
    const [one, two] = [await openCache(at, { limits: shortLimits }), await openCache(at)]
    const database = createMemoryDatabase(['a', 'b'], [holder])
    const readTask = (cache: OpenCache, id: string, load = () => database.load(id, holder)) =>
      cache.readEntity('task', id, holder, load)
    const readList = (cache: OpenCache, id: string, load = database.list) =>
      cache.readList({ groups: [`tasks:goal:${id}`], variant: 'all', holder }, load)
    for (const id of ['a', 'b']) await Promise.all([readTask(two, id), readList(two, id)])
    await two.fillsDone()
    const changeA = () => {
      const version = database.write('a')
      return one.invalidate({ entities: [{ kind: 'task', id: 'a', version }], groups: ['tasks:goal:a'] })
    }
    return { one, two, readTask, readList, changeA }
  }

  test('other keys are served from the cache when an invalidation gets no reply in time', async () => {
    const { one, two, readTask, readList, changeA } = await start()
    const generation = await two.parts.generation.current()
    one.stall.begin()
    expect(await changeA()).toBe(false)
    expect(await readTask(one, 'a')).toMatchObject({ version: 2 })
    expect((await readList(one, 'a')).text).toBe('{"a":2,"b":1}')
    expect(await readTask(one, 'b', mustNotLoad)).toMatchObject({ version: 1 })
    expect((await readList(one, 'b', mustNotLoad)).text).toBe('{"a":1,"b":1}')

    one.stall.end()
    await until(one.isUsed)
    for (const cache of [one, two]) {
      expect(await readTask(cache, 'a')).toMatchObject({ version: 2 })
      expect((await readList(cache, 'a')).text).toBe('{"a":2,"b":1}')
      expect(await readTask(cache, 'b', mustNotLoad)).toMatchObject({ version: 1 })
    }
    expect(await two.parts.generation.current()).toBe(generation)
    expect(one.counters).toMatchObject({ invalidationsMissed: 1, swaps: 0 })
  })

  test('every invalidation of a turn is missed when the shared one gets no reply in time', async () => {
    const { one, readTask, changeA } = await start()
    one.stall.begin()
    const changeB = one.invalidate({ entities: [{ kind: 'task', id: 'b', version: 2 }] })
    expect(await Promise.all([changeA(), changeB])).toEqual([false, false])
    expect(one.counters).toMatchObject({ invalidationsMissed: 2 })
    expect(await readTask(one, 'a')).toMatchObject({ version: 2 })
    one.stall.end()
    await until(one.isUsed)
    expect(await readTask(one, 'a')).toMatchObject({ version: 2 })
  })
})
