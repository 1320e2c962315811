import { randomUUID } from 'node:crypto'
import { expectInvariants } from '@goals-tasks/db/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
let bob: Client
let eve: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
  bob = await api.as()
  eve = await api.as()
})
afterEach(() => expectInvariants(api.pool))
afterAll(() => api.close())

const goalPath = (id: string) => `/v1/goals/${id}`
const taskPath = (id: string) => `/v1/tasks/${id}`
const deleted = async (path: string, as = ada) => expect((await as.delete(path)).status).toBe(204)
const restored = async (path: string, as = ada) => {
  const answer = await as.post(`${path}/restore`)
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}
const idsOf = ({ body }: { body: { data?: Record<string, unknown>[] } }) => body.data?.map((row) => row.id).toSorted()
const eventsOf = async (id: string) =>
  (
    await api.pool.query(
      `select type, reason, cascade_id as cascade, before, after, (select array_agg(reader_id) from event_readers where event_id = events.id) as readers
       from events where aggregate_id = $1 order by position`,
      [id],
    )
  ).rows

test('a deletion and its undoing are one version and one event each, however often they are asked for', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  for (const [entity, path] of [
    [task.id, taskPath(task.id)],
    [goal.id, goalPath(goal.id)],
  ] as const) {
    await deleted(path)
    await deleted(path)
    const back = await restored(path)
    expect(back).toMatchObject({ version: 3, deletedAt: null })
    expect(await restored(path)).toEqual(back)
    const [, gone, again, ...more] = await eventsOf(entity)
    expect(more).toEqual([])
    expect(gone.type).toMatch(/:deleted$/)
    expect(gone.after.deletedAt).not.toBeNull()
    expect(again).toMatchObject({ reason: 'restored', before: { version: 2 }, after: { version: 3, deletedAt: null } })
    expect(again.type).toMatch(/:updated$/)
    await deleted(path)
  }
})

test('with a goal comes back exactly what its deletion took: not what was deleted before, nor after a return', async () => {
  const goal = await ada.goal()
  const [kept, earlier, later] = await Promise.all([1, 2, 3].map(async () => (await ada.task(goal.id)).id))
  await deleted(taskPath(earlier ?? ''))
  await deleted(goalPath(goal.id))
  // What is deleted already is not deleted anew.
  await deleted(taskPath(kept ?? ''))
  const back = await restored(goalPath(goal.id))
  const list = async (which: string) => idsOf(await ada.get(`${goalPath(goal.id)}/tasks?deleted=${which}`))
  expect(await list('exclude')).toEqual([kept, later].toSorted())
  expect(await list('only')).toEqual([earlier])
  await deleted(taskPath(later ?? ''))
  await deleted(goalPath(goal.id))
  await restored(goalPath(goal.id))
  expect(await list('exclude')).toEqual([kept])
  expect(await list('include')).toEqual([kept, earlier, later].toSorted())
  await restored(taskPath(earlier ?? ''))
  expect(await list('exclude')).toEqual([kept, earlier].toSorted())
  const cascades = (await eventsOf(kept ?? '')).map((event) => event.cascade)
  expect(cascades[1]).not.toBeNull()
  expect(cascades[2]).toBe(cascades[1])
  expect(cascades[3]).not.toBe(cascades[1])
  expect((await eventsOf(goal.id)).map((event) => event.cascade)).toEqual([null, ...cascades.slice(1)])
  expect(back).toMatchObject({ version: 3 })
})

test('who could read what was deleted is told when, until when, and how to have it back; others are told nothing', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id, { assignedTo: bob.id })
  await deleted(goalPath(goal.id))
  for (const path of [goalPath(goal.id), taskPath(task.id)]) {
    for (const reader of [ada, bob]) {
      const gone = await reader.get(path)
      expect(gone).toMatchObject({ status: 410, body: { code: 'gone', restore: `${path}/restore` } })
      expect(Date.parse(String(gone.body.purgeAt)) - Date.parse(String(gone.body.deletedAt))).toBe(30 * 86_400_000)
      expect((await reader.get(`${path}?includeDeleted=true`)).status).toBe(200)
    }
    for (const url of [path, `${path}?includeDeleted=true`, `${path}/history`])
      expect((await eve.get(url)).status, url).toBe(404)
    expect((await eve.post(`${path}/restore`)).status).toBe(404)
    expect((await eve.delete(path)).status).toBe(404)
    expect((await bob.post(`${path}/restore`)).status).toBe(403)
  }
  expect((await bob.get(`${goalPath(goal.id)}?includeDeleted=true`)).body).toEqual({
    id: goal.id,
    title: 'A goal',
    status: 'ACTIVE',
    targetDate: null,
  })
  expect((await ada.get(`${goalPath(goal.id)}/tasks`)).status).toBe(410)
  expect((await bob.get(`${goalPath(goal.id)}/tasks`)).status).toBe(410)
  expect(idsOf(await bob.get(`${goalPath(goal.id)}/tasks?deleted=only`))).toEqual([task.id])
  expect((await eve.get(`${goalPath(goal.id)}/tasks?deleted=only`)).status).toBe(404)
})

test('an assignee of a task that was deleted before its goal does not see the goal by it', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id, { assignedTo: bob.id })
  await deleted(taskPath(task.id))
  expect((await bob.get(goalPath(goal.id))).status).toBe(404)
  expect((await bob.get(taskPath(task.id))).status).toBe(410)
  await deleted(goalPath(goal.id))
  expect((await bob.get(goalPath(goal.id))).status).toBe(404)
})

test('what is deleted cannot be written, and a task not be restored without its goal', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  const other = await ada.task((await ada.goal()).id)
  await deleted(goalPath(goal.id))
  const any = { 'if-match': '*' }
  for (const write of [
    ada.patch(goalPath(goal.id), { title: 'x' }, any),
    ada.post(`${goalPath(goal.id)}/complete`),
    ada.post(`${goalPath(goal.id)}/hold`),
    ada.patch(taskPath(task.id), { title: 'x' }, any),
    ada.patch(taskPath(task.id), { goalId: other.goalId }, any),
    ada.post(`${taskPath(task.id)}/start`),
    ada.put(`${taskPath(task.id)}/dependencies/${other.id}`),
    ada.put(`${taskPath(other.id)}/dependencies/${task.id}`),
  ])
    expect((await write).body).toMatchObject({ status: 409, code: 'deleted' })
  for (const write of [
    ada.post(`${taskPath(task.id)}/restore`),
    ada.post(`${goalPath(goal.id)}/tasks`, { title: 'x' }),
    ada.patch(taskPath(String(other.id)), { goalId: goal.id }, any),
  ])
    expect((await write).body).toMatchObject({ status: 409, code: 'goal-deleted' })
})

test('a version that is sent with a deletion or its undoing is heeded where there is something to do', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  const [stale, one, two] = [{ 'if-match': '"7"' }, { 'if-match': '"1"' }, { 'if-match': '"2"' }]
  for (const path of [taskPath(task.id), goalPath(goal.id)]) {
    expect((await ada.delete(path, stale)).status).toBe(412)
    expect((await ada.delete(path, one)).status).toBe(204)
    expect((await ada.delete(path, stale)).status).toBe(204)
    expect((await ada.post(`${path}/restore`, undefined, one)).status).toBe(412)
    expect((await ada.post(`${path}/restore`, undefined, two)).status).toBe(200)
    expect((await ada.post(`${path}/restore`, undefined, stale)).status).toBe(200)
  }
})

test('lists show what is deleted to whoever asks for it, and to the same eyes as what lives', async () => {
  const [owner, assignee] = await Promise.all([api.as(), api.as()])
  const [goal, gone] = await Promise.all([owner.goal(), owner.goal()])
  const [live, dead] = await Promise.all([1, 2].map(() => owner.task(goal.id, { assignedTo: assignee.id })))
  const along = await owner.task(gone.id, { assignedTo: assignee.id })
  const unassigned = await owner.task(goal.id)
  await deleted(taskPath(dead?.id ?? ''), owner)
  await deleted(taskPath(unassigned.id), owner)
  await deleted(goalPath(gone.id), owner)
  const shown = async (by: Client, url: string) => {
    const lists = ['exclude', 'only', 'include'].map(async (which) => idsOf(await by.get(`${url}deleted=${which}`)))
    return Promise.all([by.get(url.slice(0, -1)).then(idsOf), ...lists])
  }
  const sorted = (...ids: unknown[]) => ids.toSorted()
  const expected = (alive: unknown[], others: unknown[]) => [
    sorted(...alive),
    sorted(...alive),
    sorted(...others),
    sorted(...alive, ...others),
  ]
  expect(await shown(owner, '/v1/goals?')).toEqual(expected([goal.id], [gone.id]))
  expect(await shown(owner, `${goalPath(goal.id)}/tasks?`)).toEqual(expected([live?.id], [dead?.id, unassigned.id]))
  expect(await shown(owner, '/v1/tasks?')).toEqual(expected([live?.id], [dead?.id, along.id, unassigned.id]))
  expect(await shown(assignee, '/v1/tasks?assignedTo=me&')).toEqual(expected([live?.id], [dead?.id, along.id]))
  expect(await shown(assignee, '/v1/tasks?')).toEqual(expected([live?.id], [dead?.id, along.id]))
  expect(await shown(assignee, `${goalPath(goal.id)}/tasks?`)).toEqual(expected([live?.id], [dead?.id]))
  expect(await shown(eve, '/v1/tasks?')).toEqual(expected([], []))
})

test('beyond the retention nothing is told of what was deleted, and nothing can be done to it', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id, { assignedTo: bob.id })
  const waiting = await ada.task((await ada.goal()).id)
  await deleted(goalPath(goal.id))
  const { clock } = api.deps
  api.deps.clock = () => clock() + 30 * 86_400_000
  try {
    for (const path of [goalPath(goal.id), taskPath(task.id)]) {
      for (const by of [ada, bob]) {
        expect((await by.get(path)).status).toBe(404)
        expect((await by.get(`${path}?includeDeleted=true`)).status).toBe(404)
        expect((await by.get(`${path}/history`)).status).toBe(404)
        expect((await by.post(`${path}/restore`)).status).toBe(404)
        expect((await by.delete(path)).status).toBe(404)
        expect((await by.patch(path, { title: 'x' }, { 'if-match': '*' })).status).toBe(404)
      }
    }
    expect((await ada.put(`${taskPath(waiting.id)}/dependencies/${task.id}`)).status).toBe(404)
  } finally {
    api.deps.clock = clock
  }
  expect((await ada.get(goalPath(goal.id))).status).toBe(410)
})

const edge = (id: string, blockerId: string) => `${taskPath(id)}/dependencies/${blockerId}`
async function tasks(count: number): Promise<string[]> {
  const goal = await ada.goal()
  return Promise.all(Array.from({ length: count }, async () => (await ada.task(goal.id)).id))
}
const read = async (id: string) => (await ada.get(`${taskPath(id)}?includeDeleted=true`)).body

test('an edge rests while either end is deleted, and is there again with both', async () => {
  const [a = '', b = '', c = ''] = await tasks(3)
  await ada.put(edge(a, b))
  await deleted(taskPath(b))
  expect(await read(a)).toMatchObject({ status: 'TODO', dependencies: [b] })
  await deleted(taskPath(a))
  await restored(taskPath(b))
  expect(await read(a)).toMatchObject({ status: 'TODO', dependencies: [b] })
  expect(await restored(taskPath(a))).toMatchObject({
    status: 'BLOCKED',
    blockKind: 'DEPENDENCY',
    blockedFrom: 'TODO',
    dependencies: [b],
  })
  // One that was blocked when it was deleted comes back free of what was done meanwhile.
  await deleted(taskPath(a))
  await ada.post(`${taskPath(b)}/complete`)
  expect(await restored(taskPath(a))).toMatchObject({ status: 'TODO', blockKind: null, dependencies: [b] })
  // While it rests it counts for no cycle.
  await deleted(taskPath(b))
  expect((await ada.put(edge(c, a))).status).toBe(200)
})

test('an edge that would close a cycle does not come back with its task, whose event shows it', async () => {
  const [a = '', b = '', c = '', d = ''] = await tasks(4)
  await ada.patch(taskPath(a), { dependencies: [b, d] }, { 'if-match': '*' })
  await ada.put(edge(c, a))
  await deleted(taskPath(a))
  const before = await Promise.all([b, c, d].map(read))
  expect((await ada.put(edge(b, c))).status).toBe(200)
  expect(await restored(taskPath(a))).toMatchObject({ dependencies: [d], status: 'BLOCKED', version: 4 })
  const last = (await eventsOf(a)).at(-1)
  expect(last).toMatchObject({
    type: 'task:updated',
    reason: 'restored',
    before: { dependencies: [b, d] },
    after: { dependencies: [d], status: 'BLOCKED' },
  })
  const [b2, c2, d2] = await Promise.all([b, c, d].map(read))
  expect(b2).toMatchObject({ dependencies: [c], version: 2 })
  expect([c2?.dependencies, d2]).toEqual([before[1]?.dependencies, before[2]])
})

test('where a task that is waited for comes back, the cycle is cut at its own edge, nobody else loses one', async () => {
  const [a = '', b = '', c = ''] = await tasks(3)
  await ada.put(edge(a, b))
  await ada.put(edge(b, c))
  await deleted(taskPath(b))
  expect((await ada.put(edge(c, a))).status).toBe(200)
  expect(await restored(taskPath(b))).toMatchObject({ dependencies: [], status: 'TODO' })
  expect(await read(a)).toMatchObject({ dependencies: [b], status: 'BLOCKED' })
})

test('with a goal its edges come back, those within it and those across, but none that closes a cycle', async () => {
  const goal = await ada.goal()
  const first = await ada.task(goal.id)
  const [outside = '', beyond = ''] = await tasks(2)
  const second = await ada.task(goal.id, { dependencies: [first.id, outside] })
  await ada.put(edge(beyond, second.id))
  await deleted(goalPath(goal.id))
  expect(await read(beyond)).toMatchObject({ status: 'TODO' })
  expect((await ada.put(edge(outside, beyond))).status).toBe(200)
  await restored(goalPath(goal.id))
  expect(await read(second.id)).toMatchObject({ status: 'BLOCKED', dependencies: [first.id], version: 3 })
  expect(await read(beyond)).toMatchObject({ status: 'BLOCKED', dependencies: [second.id] })
  expect((await eventsOf(second.id)).at(-1)).toMatchObject({ reason: 'restored', after: { dependencies: [first.id] } })
})

test('an administrator deletes and restores under their own name', async () => {
  const root = await api.as(randomUUID(), 'admin')
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  await deleted(goalPath(goal.id), root)
  await restored(goalPath(goal.id), root)
  await deleted(taskPath(task.id), root)
  expect(await restored(taskPath(task.id), root)).toMatchObject({ ownerId: ada.id, version: 5 })
})
