import { expectInvariants } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import { type Client, overwrite } from '../support/client.ts'
import { test } from '../support/test.ts'
import { deleteAt, goalUrl, restoreAt, taskUrl } from './removal.ts'

test.afterEach(({ api }) => expectInvariants(api.pool))

const idsOf = ({ body }: { body: { data?: Record<string, unknown>[] } }) => body.data?.map((row) => row.id).toSorted()

test('a deletion and a restoration are one version and one event each when repeated', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  for (const [entity, path] of [
    [task.id, taskUrl(task.id)],
    [goal.id, goalUrl(goal.id)],
  ] as const) {
    await deleteAt(ada, path)
    await deleteAt(ada, path)
    const back = await restoreAt(ada, path)
    expect(back).toMatchObject({ version: 3, deletedAt: null })
    expect(await restoreAt(ada, path)).toEqual(back)
    const [, gone, again, ...more] = await api.eventsOf(entity)
    expect(more).toEqual([])
    expect(gone?.type).toMatch(/:deleted$/)
    expect(gone?.after.deletedAt).not.toBeNull()
    expect(again).toMatchObject({ reason: 'restored', before: { version: 2 }, after: { version: 3, deletedAt: null } })
    expect(again?.type).toMatch(/:updated$/)
    await deleteAt(ada, path)
  }
})

test('a restored goal brings back exactly the tasks of its last deletion', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const [kept, earlier, later] = await Promise.all([1, 2, 3].map(async () => (await ada.createTask(goal.id)).id))
  await deleteAt(ada, taskUrl(earlier ?? ''))
  await deleteAt(ada, goalUrl(goal.id))
  // A deleted task is not deleted again.
  await deleteAt(ada, taskUrl(kept ?? ''))
  const back = await restoreAt(ada, goalUrl(goal.id))
  const list = async (which: string) => idsOf(await ada.get(`${goalUrl(goal.id)}/tasks?deleted=${which}`))
  expect(await list('exclude')).toEqual([kept, later].toSorted())
  expect(await list('only')).toEqual([earlier])
  await deleteAt(ada, taskUrl(later ?? ''))
  await deleteAt(ada, goalUrl(goal.id))
  await restoreAt(ada, goalUrl(goal.id))
  expect(await list('exclude')).toEqual([kept])
  expect(await list('include')).toEqual([kept, earlier, later].toSorted())
  await restoreAt(ada, taskUrl(earlier ?? ''))
  expect(await list('exclude')).toEqual([kept, earlier].toSorted())
  const cascades = (await api.eventsOf(kept ?? '')).map((event) => event.cascade)
  expect(cascades[1]).not.toBeNull()
  expect(cascades[2]).toBe(cascades[1])
  expect(cascades[3]).not.toBe(cascades[1])
  expect((await api.eventsOf(goal.id)).map((event) => event.cascade)).toEqual([null, ...cascades.slice(1)])
  expect(back).toMatchObject({ version: 3 })
})

test('a reader of a deleted resource learns its purge date and how to restore it', async ({ ada, bob, eve }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id, { assignedTo: bob.id })
  await deleteAt(ada, goalUrl(goal.id))
  for (const path of [goalUrl(goal.id), taskUrl(task.id)]) {
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
  expect((await bob.get(`${goalUrl(goal.id)}?includeDeleted=true`)).body).toEqual({
    id: goal.id,
    title: 'A goal',
    status: 'ACTIVE',
    targetDate: null,
    view: 'summary',
  })
  expect((await ada.get(`${goalUrl(goal.id)}/tasks`)).status).toBe(410)
  expect((await bob.get(`${goalUrl(goal.id)}/tasks`)).status).toBe(410)
  expect(idsOf(await bob.get(`${goalUrl(goal.id)}/tasks?deleted=only`))).toEqual([task.id])
  expect((await eve.get(`${goalUrl(goal.id)}/tasks?deleted=only`)).status).toBe(404)
})

test('an assignee does not see a deleted goal when their task was deleted before it', async ({ ada, bob }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id, { assignedTo: bob.id })
  await deleteAt(ada, taskUrl(task.id))
  expect((await bob.get(goalUrl(goal.id))).status).toBe(404)
  expect((await bob.get(taskUrl(task.id))).status).toBe(410)
  await deleteAt(ada, goalUrl(goal.id))
  expect((await bob.get(goalUrl(goal.id))).status).toBe(404)
})

test('a deleted resource cannot be written, and a task is not restored without its goal', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  const other = await ada.createTask((await ada.createGoal()).id)
  await deleteAt(ada, goalUrl(goal.id))
  for (const write of [
    ada.patchGoal(goal.id, { title: 'x' }),
    ada.actOnGoal(goal.id, 'complete'),
    ada.actOnGoal(goal.id, 'hold'),
    ada.patchTask(task.id, { title: 'x' }),
    ada.patchTask(task.id, { goalId: other.goalId }),
    ada.actOnTask(task.id, 'start'),
    ada.addDependency(task.id, other.id),
    ada.addDependency(other.id, task.id),
  ])
    expect((await write).body).toMatchObject({ status: 409, code: 'deleted' })
  for (const write of [
    ada.actOnTask(task.id, 'restore'),
    ada.post(`${goalUrl(goal.id)}/tasks`, { title: 'x' }),
    ada.patchTask(String(other.id), { goalId: goal.id }),
  ])
    expect((await write).body).toMatchObject({ status: 409, code: 'goal-deleted' })
})

test('a deletion and a restoration honour If-Match when they change something', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  const [stale, one, two] = [{ 'if-match': '"7"' }, { 'if-match': '"1"' }, { 'if-match': '"2"' }]
  for (const path of [taskUrl(task.id), goalUrl(goal.id)]) {
    expect((await ada.delete(path, stale)).status).toBe(412)
    expect((await ada.delete(path, one)).status).toBe(204)
    expect((await ada.delete(path, stale)).status).toBe(204)
    expect((await ada.post(`${path}/restore`, undefined, one)).status).toBe(412)
    expect((await ada.post(`${path}/restore`, undefined, two)).status).toBe(200)
    expect((await ada.post(`${path}/restore`, undefined, stale)).status).toBe(200)
  }
})

test('a list shows deleted entries on request, to the readers of the live ones', async ({ api, eve }) => {
  const [owner, assignee] = await Promise.all([api.as(), api.as()])
  const [goal, deletedGoal] = await Promise.all([owner.createGoal(), owner.createGoal()])
  const [live, deleted] = await Promise.all([1, 2].map(() => owner.createTask(goal.id, { assignedTo: assignee.id })))
  const deletedWithGoal = await owner.createTask(deletedGoal.id, { assignedTo: assignee.id })
  const unassigned = await owner.createTask(goal.id)
  await deleteAt(owner, taskUrl(deleted?.id ?? ''))
  await deleteAt(owner, taskUrl(unassigned.id))
  await deleteAt(owner, goalUrl(deletedGoal.id))
  const idsIn = async (client: Client, url: string) => {
    const lists = ['exclude', 'only', 'include'].map(async (which) => idsOf(await client.get(`${url}deleted=${which}`)))
    return Promise.all([client.get(url.slice(0, -1)).then(idsOf), ...lists])
  }
  const sorted = (...ids: unknown[]) => ids.toSorted()
  const expected = (alive: unknown[], others: unknown[]) => [
    sorted(...alive),
    sorted(...alive),
    sorted(...others),
    sorted(...alive, ...others),
  ]
  expect(await idsIn(owner, '/v1/goals?')).toEqual(expected([goal.id], [deletedGoal.id]))
  expect(await idsIn(owner, `${goalUrl(goal.id)}/tasks?`)).toEqual(expected([live?.id], [deleted?.id, unassigned.id]))
  expect(await idsIn(owner, '/v1/tasks?')).toEqual(
    expected([live?.id], [deleted?.id, deletedWithGoal.id, unassigned.id]),
  )
  expect(await idsIn(assignee, '/v1/tasks?assignedTo=me&')).toEqual(
    expected([live?.id], [deleted?.id, deletedWithGoal.id]),
  )
  expect(await idsIn(assignee, '/v1/tasks?')).toEqual(expected([live?.id], [deleted?.id, deletedWithGoal.id]))
  expect(await idsIn(assignee, `${goalUrl(goal.id)}/tasks?`)).toEqual(expected([live?.id], [deleted?.id]))
  expect(await idsIn(eve, '/v1/tasks?')).toEqual(expected([], []))
})

test('a deleted resource gets 404 for every request after its retention', async ({ api, ada, bob }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id, { assignedTo: bob.id })
  const dependent = await ada.createTask((await ada.createGoal()).id)
  await deleteAt(ada, goalUrl(goal.id))
  const { clock } = api.deps
  api.deps.clock = () => clock() + 30 * 86_400_000
  try {
    for (const path of [goalUrl(goal.id), taskUrl(task.id)]) {
      for (const by of [ada, bob]) {
        expect((await by.get(path)).status).toBe(404)
        expect((await by.get(`${path}?includeDeleted=true`)).status).toBe(404)
        expect((await by.get(`${path}/history`)).status).toBe(404)
        expect((await by.post(`${path}/restore`)).status).toBe(404)
        expect((await by.delete(path)).status).toBe(404)
        expect((await by.patch(path, { title: 'x' }, overwrite)).status).toBe(404)
      }
    }
    expect((await ada.addDependency(dependent.id, task.id)).status).toBe(404)
  } finally {
    api.deps.clock = clock
  }
  expect((await ada.get(goalUrl(goal.id))).status).toBe(410)
})

test('a list shows deleted entries until their retention ends', async ({ api }) => {
  const ada = await api.as()
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  await deleteAt(ada, taskUrl(task.id))
  const { retentionDays } = api.deps
  const lists = ['/v1/tasks', `${goalUrl(goal.id)}/tasks`].flatMap((path) => [
    `${path}?deleted=only`,
    `${path}?deleted=include`,
  ])
  for (const list of lists) expect(idsOf(await ada.get(list))).toEqual([task.id])
  api.deps.retentionDays = 0
  try {
    for (const list of lists) expect(idsOf(await ada.get(list))).toEqual([])
  } finally {
    api.deps.retentionDays = retentionDays
  }
})

test('an administrator deletes and restores the resources of another user', async ({ ada, admin }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  await deleteAt(admin, goalUrl(goal.id))
  await restoreAt(admin, goalUrl(goal.id))
  await deleteAt(admin, taskUrl(task.id))
  expect(await restoreAt(admin, taskUrl(task.id))).toMatchObject({ ownerId: ada.id, version: 5 })
})
