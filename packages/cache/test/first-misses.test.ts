import { expect, test } from 'vitest'
import { logCommands } from './support/command-log.ts'
import { onEachDeployment } from './support/deployments.ts'
import { createMemoryDatabase } from './support/memory-database.ts'
import { openCache } from './support/open-cache.ts'
import { mustNotLoad } from './support/task-fixture.ts'

const query = { groups: ['tasks:goal:1'], variant: 'all', holder: 'ada' } as const

onEachDeployment(({ servers, fresh }) => {
  async function start() {
    const cache = await openCache(fresh(), { fillsFirstMisses: false })
    const database = createMemoryDatabase(['t'], ['ada'])
    const load = () => database.load('t', 'ada')
    const readTask = (loading = load) => cache.readEntity('task', 't', 'ada', loading)
    const readList = (loading = database.list) => cache.readList(query, loading)
    const readBoth = async () => {
      await Promise.all([readTask(), readList()])
      await cache.fillsDone()
    }
    const change = () =>
      cache.invalidate({
        entities: [{ kind: 'task', id: 't', version: database.write('t') }],
        groups: query.groups,
      })
    return { cache, readTask, readList, readBoth, change }
  }

  test('a read writes nothing to Redis when it is the first to miss the key', async () => {
    const { cache, readBoth } = await start()
    const loggedCommands = await logCommands(servers())
    await readBoth()
    const names = (await loggedCommands()).map(({ name }) => name)
    expect(names.filter((name) => ['set', 'eval', 'evalsha'].includes(name))).toEqual([])
    expect(cache.counters).toMatchObject({ misses: 2, fills: 0 })
  })

  test('a read fills the cache when the process has missed the key before', async () => {
    const { cache, readTask, readList, readBoth } = await start()
    for (let i = 0; i < 2; i++) await readBoth()
    expect(cache.counters).toMatchObject({ misses: 4, fills: 2 })
    expect(await readTask(mustNotLoad)).toMatchObject({ version: 1 })
    expect((await readList(mustNotLoad)).text).toBe('{"t":1}')
  })

  test('the first read fills the cache when the key was changed since it was filled', async () => {
    const { readTask, readList, readBoth, change } = await start()
    for (let i = 0; i < 2; i++) await readBoth()
    await change()
    await readBoth()
    expect(await readTask(mustNotLoad)).toMatchObject({ version: 2 })
    expect((await readList(mustNotLoad)).text).toBe('{"t":2}')
  })
})
