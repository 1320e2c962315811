import { until } from '@goals-tasks/devstack/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

type App = Awaited<ReturnType<typeof startTestApp>>
let here: App
let there: App
/** Shares the database with them, and the cache with nobody. */
let apart: App
/** A user as both processes know them: one writes, the other reads. */
type User = { id: string; here: Client; there: Client }
beforeAll(async () => {
  here = await startTestApp()
  there = await startTestApp({ database: here.database, redis: here.redis })
  apart = await startTestApp({ database: here.database })
})
afterAll(async () => {
  await apart.close()
  await there.close()
  await here.close()
})

async function user(): Promise<User> {
  const client = await here.as()
  return { id: client.id, here: client, there: await there.as(client.id) }
}

const hits = async () => (await there.cache.getStats()).hits

/** Reads until the answer comes out of the cache. @returns it */
async function hot(client: Client, url: string) {
  let answer = await client.get(url)
  await until(async () => {
    const before = await hits()
    answer = await client.get(url)
    return (await hits()) > before
  })
  return answer
}

test('a read comes out of the cache byte for byte, with its tag, and 304 where the client has it', async () => {
  const ada = await user()
  const goal = await ada.here.goal({ title: 'Ünïcödé 🚀', metadata: { a: [1, { b: null }] } })
  const task = await ada.here.task(goal.id)
  for (const path of [`/v1/goals/${goal.id}`, `/v1/tasks/${task.id}`, '/v1/goals', `/v1/goals/${goal.id}/tasks`]) {
    const first = await ada.there.get(path)
    const cached = await hot(ada.there, path)
    expect(cached).toMatchObject({ status: 200, text: first.text })
    expect(cached.headers.etag).toBe(first.headers.etag)
    expect((await ada.there.get(path, { 'if-none-match': String(cached.headers.etag) })).status).toBe(304)
  }
})

test('after every answered write the other process shows it, however hot the old answer was', async () => {
  const ada = await user()
  const goal = await ada.here.goal()
  const task = await ada.here.task(goal.id)
  const [ofGoal, ofTask] = [`/v1/goals/${goal.id}`, `/v1/tasks/${task.id}`]
  const paths = [ofGoal, ofTask, '/v1/goals', '/v1/tasks', `${ofGoal}/tasks`, `${ofGoal}?include=progress`]
  const past = await apart.as(ada.id)
  const seen = (by: Client) =>
    Promise.all(paths.map(async (path) => (await by.get(path)).text.replace(/"traceId":"[^"]*"/, '')))
  const writes: (() => Promise<{ status: number }>)[] = [
    () => ada.here.patch(ofGoal, { title: 'two' }, { 'if-match': '*' }),
    () => ada.here.post(`${ofTask}/start`),
    () => ada.here.patch(ofTask, { title: 'three' }, { 'if-match': '*' }),
    () => ada.here.post(`/v1/goals/${goal.id}/tasks`, { title: 'another' }),
    () => ada.here.post(`${ofTask}/complete`),
    () => ada.here.post(`${ofGoal}/cancel`),
    () => ada.here.post(`${ofGoal}/reopen`),
    () => ada.here.delete(ofTask),
    () => ada.here.post(`${ofTask}/restore`),
  ]
  for (const [i, write] of writes.entries()) {
    for (const path of paths) if ((await ada.there.get(path)).status === 200) await hot(ada.there, path)
    const before = await seen(ada.there)
    expect((await write()).status).toBeLessThan(300)
    const after = await seen(ada.there)
    expect(after, `write ${i}`).not.toEqual(before)
    await apart.cache.clear()
    expect(after, `write ${i}`).toEqual(await seen(past))
  }
}, 60_000)

test('assigning, unassigning and reassigning while hot: no stale 404, no stale 200', async () => {
  const [ada, bob, eve] = [await user(), await user(), await user()]
  const goal = await ada.here.goal()
  const task = await ada.here.task(goal.id)
  const path = `/v1/tasks/${task.id}`
  const assign = (to: User | null) => ada.here.patch(path, { assignedTo: to?.id ?? null }, { 'if-match': '*' })
  for (const assignee of [bob, eve, null, bob, null, eve, bob]) {
    await hot(ada.there, path)
    expect((await assign(assignee)).status).toBe(200)
    for (const other of [bob, eve]) {
      expect((await other.there.get(path)).status).toBe(other === assignee ? 200 : 404)
      const list = (await other.there.get('/v1/tasks')).body.data ?? []
      expect(list.map((entry) => entry.id)).toEqual(other === assignee ? [task.id] : [])
    }
  }
})

test('an assignee gets the header of a goal, never the owner’s bytes, though those are hot', async () => {
  const [ada, bob] = [await user(), await user()]
  const goal = await ada.here.goal({ description: 'secret' })
  await ada.here.task(goal.id, { assignedTo: bob.id })
  const path = `/v1/goals/${goal.id}`
  await bob.there.get(path)
  expect((await hot(ada.there, path)).body.description).toBe('secret')
  for (let i = 0; i < 3; i++) expect((await bob.there.get(path)).body).not.toHaveProperty('description')
  expect((await ada.there.get(path)).body.description).toBe('secret')
  expect((await (await user()).there.get(path)).status).toBe(404)
})

test('deleting a goal drops it, its tasks and every list that holds them', async () => {
  const [ada, bob] = [await user(), await user()]
  const goal = await ada.here.goal()
  const tasks = [await ada.here.task(goal.id), await ada.here.task(goal.id, { assignedTo: bob.id })]
  const empty = await ada.here.goal()
  const entities = [`/v1/goals/${goal.id}`, `/v1/goals/${goal.id}/tasks`, ...tasks.map(({ id }) => `/v1/tasks/${id}`)]
  for (const path of [...entities, '/v1/goals', '/v1/tasks', `/v1/goals/${empty.id}/tasks`]) await hot(ada.there, path)
  for (const path of [`/v1/tasks/${tasks[1]?.id}`, '/v1/tasks']) await hot(bob.there, path)
  await ada.here.delete(`/v1/goals/${goal.id}`)
  await ada.here.delete(`/v1/goals/${empty.id}`)
  for (const path of [...entities, `/v1/goals/${empty.id}/tasks`])
    expect((await ada.there.get(path)).status, path).toBe(410)
  for (const path of ['/v1/goals', '/v1/tasks']) expect((await ada.there.get(path)).body.data).toEqual([])
  expect((await bob.there.get(`/v1/tasks/${tasks[1]?.id}`)).status).toBe(410)
  expect((await bob.there.get('/v1/tasks')).body.data).toEqual([])
  await ada.here.post(`/v1/goals/${goal.id}/restore`)
  for (const path of entities) expect((await ada.there.get(path)).status).toBe(200)
})

test('an address in capitals is the same address', async () => {
  const ada = await user()
  const goal = await ada.here.goal()
  const task = await ada.here.task(goal.id)
  for (const [path, id] of [
    ['/v1/goals/', goal.id],
    ['/v1/tasks/', task.id],
  ] as const) {
    await hot(ada.there, path + id.toUpperCase())
    await ada.here.patch(path + id, { title: 'two' }, { 'if-match': '*' })
    expect((await ada.there.get(path + id.toUpperCase())).body.title).toBe('two')
  }
})
