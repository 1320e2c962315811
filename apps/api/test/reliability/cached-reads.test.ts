import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { type Client, overwrite } from '../support/client.ts'
import { manyRounds } from '../support/limits.ts'
import { test as base } from '../support/test.ts'
import { startTestApp } from '../support/test-app.ts'

/** A user of two processes that share the database and the cache: one writes, the other reads. */
type User = { id: string; writer: Client; reader: Client }

const test = base
  .extend('readingApi', { scope: 'file' }, async ({ api }, { onCleanup }) => {
    const readingApi = await startTestApp({ database: api.database, redis: api.redis })
    onCleanup(() => readingApi.close())
    return readingApi
  })
  // A process that shares the database, with a cache of its own.
  .extend('uncachedApi', { scope: 'file' }, async ({ api }, { onCleanup }) => {
    const uncachedApi = await startTestApp({ database: api.database })
    onCleanup(() => uncachedApi.close())
    return uncachedApi
  })
  .extend('createUser', { scope: 'file' }, ({ api, readingApi }) => async (): Promise<User> => {
    const writer = await api.as()
    return { id: writer.id, writer, reader: await readingApi.as(writer.id) }
  })
  // Reads until the answer comes from the cache, and returns it.
  .extend('readFromCache', { scope: 'file' }, ({ readingApi }) => async (client: Client, url: string) => {
    const hits = async () => (await readingApi.cache.getStats()).hits
    let answer = await client.get(url)
    await until(async () => {
      const before = await hits()
      answer = await client.get(url)
      return (await hits()) > before
    })
    return answer
  })

test('a cached read is the same to the byte, or 304 when the client has it', async ({ createUser, readFromCache }) => {
  const ada = await createUser()
  const goal = await ada.writer.createGoal({ title: 'Ünïcödé 🚀', metadata: { a: [1, { b: null }] } })
  const task = await ada.writer.createTask(goal.id)
  for (const path of [`/v1/goals/${goal.id}`, `/v1/tasks/${task.id}`, '/v1/goals', `/v1/goals/${goal.id}/tasks`]) {
    const first = await ada.reader.get(path)
    const cached = await readFromCache(ada.reader, path)
    expect(cached).toMatchObject({ status: 200, text: first.text })
    expect(cached.headers.etag).toBe(first.headers.etag)
    expect((await ada.reader.get(path, { 'if-none-match': String(cached.headers.etag) })).status).toBe(304)
  }
})

test(
  'the other process shows every answered write, even when the old answer was cached',
  manyRounds,
  async ({ uncachedApi, createUser, readFromCache }) => {
    const ada = await createUser()
    const goal = await ada.writer.createGoal()
    const task = await ada.writer.createTask(goal.id)
    const [ofGoal, ofTask] = [`/v1/goals/${goal.id}`, `/v1/tasks/${task.id}`]
    const paths = [ofGoal, ofTask, '/v1/goals', '/v1/tasks', `${ofGoal}/tasks`, `${ofGoal}?include=progress`]
    const uncached = await uncachedApi.as(ada.id)
    const readAll = (client: Client) =>
      Promise.all(paths.map(async (path) => (await client.get(path)).text.replace(/"traceId":"[^"]*"/, '')))
    const writes: (() => Promise<{ status: number }>)[] = [
      () => ada.writer.patch(ofGoal, { title: 'two' }, overwrite),
      () => ada.writer.post(`${ofTask}/start`),
      () => ada.writer.patch(ofTask, { title: 'three' }, overwrite),
      () => ada.writer.post(`/v1/goals/${goal.id}/tasks`, { title: 'another' }),
      () => ada.writer.post(`${ofTask}/complete`),
      () => ada.writer.post(`${ofGoal}/cancel`),
      () => ada.writer.post(`${ofGoal}/reopen`),
      () => ada.writer.delete(ofTask),
      () => ada.writer.post(`${ofTask}/restore`),
    ]
    for (const [i, write] of writes.entries()) {
      for (const path of paths) if ((await ada.reader.get(path)).status === 200) await readFromCache(ada.reader, path)
      const before = await readAll(ada.reader)
      expect((await write()).status).toBeLessThan(300)
      const after = await readAll(ada.reader)
      expect(after, `write ${i}`).not.toEqual(before)
      await uncachedApi.cache.clear()
      expect(after, `write ${i}`).toEqual(await readAll(uncached))
    }
  },
)

test('a cached task is 200 only for its owner and its present assignee', async ({ createUser, readFromCache }) => {
  const [ada, bob, eve] = [await createUser(), await createUser(), await createUser()]
  const goal = await ada.writer.createGoal()
  const task = await ada.writer.createTask(goal.id)
  const path = `/v1/tasks/${task.id}`
  const assign = (to: User | null) => ada.writer.patch(path, { assignedTo: to?.id ?? null }, overwrite)
  for (const assignee of [bob, eve, null, bob, null, eve, bob]) {
    await readFromCache(ada.reader, path)
    expect((await assign(assignee)).status).toBe(200)
    for (const other of [bob, eve]) {
      expect((await other.reader.get(path)).status).toBe(other === assignee ? 200 : 404)
      const list = (await other.reader.get('/v1/tasks')).body.data ?? []
      expect(list.map((entry) => entry.id)).toEqual(other === assignee ? [task.id] : [])
    }
  }
})

test('an assignee gets the summary when the whole goal is cached', async ({ createUser, readFromCache }) => {
  const [ada, bob] = [await createUser(), await createUser()]
  const goal = await ada.writer.createGoal({ description: 'secret' })
  await ada.writer.createTask(goal.id, { assignedTo: bob.id })
  const path = `/v1/goals/${goal.id}`
  await bob.reader.get(path)
  expect((await readFromCache(ada.reader, path)).body.description).toBe('secret')
  for (let i = 0; i < 3; i++) expect((await bob.reader.get(path)).body).not.toHaveProperty('description')
  expect((await ada.reader.get(path)).body.description).toBe('secret')
  expect((await (await createUser()).reader.get(path)).status).toBe(404)
})

test('a deleted goal leaves the cache with its tasks and all its lists', async ({ createUser, readFromCache }) => {
  const [ada, bob] = [await createUser(), await createUser()]
  const goal = await ada.writer.createGoal()
  const tasks = [await ada.writer.createTask(goal.id), await ada.writer.createTask(goal.id, { assignedTo: bob.id })]
  const empty = await ada.writer.createGoal()
  const entities = [`/v1/goals/${goal.id}`, `/v1/goals/${goal.id}/tasks`, ...tasks.map(({ id }) => `/v1/tasks/${id}`)]
  for (const path of [...entities, '/v1/goals', '/v1/tasks', `/v1/goals/${empty.id}/tasks`])
    await readFromCache(ada.reader, path)
  for (const path of [`/v1/tasks/${tasks[1]?.id}`, '/v1/tasks']) await readFromCache(bob.reader, path)
  await ada.writer.delete(`/v1/goals/${goal.id}`)
  await ada.writer.delete(`/v1/goals/${empty.id}`)
  for (const path of [...entities, `/v1/goals/${empty.id}/tasks`])
    expect((await ada.reader.get(path)).status, path).toBe(410)
  for (const path of ['/v1/goals', '/v1/tasks']) expect((await ada.reader.get(path)).body.data).toEqual([])
  expect((await bob.reader.get(`/v1/tasks/${tasks[1]?.id}`)).status).toBe(410)
  expect((await bob.reader.get('/v1/tasks')).body.data).toEqual([])
  await ada.writer.actOnGoal(goal.id, 'restore')
  for (const path of entities) expect((await ada.reader.get(path)).status).toBe(200)
})

test('an address in capitals is the same address', async ({ createUser, readFromCache }) => {
  const ada = await createUser()
  const goal = await ada.writer.createGoal()
  const task = await ada.writer.createTask(goal.id)
  for (const [path, id] of [
    ['/v1/goals/', goal.id],
    ['/v1/tasks/', task.id],
  ] as const) {
    await readFromCache(ada.reader, path + id.toUpperCase())
    await ada.writer.patch(path + id, { title: 'two' }, overwrite)
    expect((await ada.reader.get(path + id.toUpperCase())).body.title).toBe('two')
  }
})
