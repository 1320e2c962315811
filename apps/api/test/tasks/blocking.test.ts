import { randomUUID } from 'node:crypto'
import { expectInvariants } from '@goals-tasks/db/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Client, startTestApp } from '../support/test-app.ts'

let api: Awaited<ReturnType<typeof startTestApp>>
let ada: Client
let bob: Client
let root: Client
beforeAll(async () => {
  api = await startTestApp()
  ada = await api.as()
  bob = await api.as()
  root = await api.as(randomUUID(), 'admin')
})
afterEach(() => expectInvariants(api.pool))
afterAll(() => api.close())

const read = async (id: string) => (await ada.get(`/v1/tasks/${id}?includeDeleted=true`)).body
const post = (id: string, verb: string, body?: object) => ada.post(`/v1/tasks/${id}/${verb}`, body)
const patch = (id: string, body: object) => ada.patch(`/v1/tasks/${id}`, body, { 'if-match': '*' })
const edge = (id: string, blockerId: string) => `/v1/tasks/${id}/dependencies/${blockerId}`

const blockedFrom = (status: string) => ({ status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom: status })
const free = (status: string) => ({ status, blockKind: null, blockedFrom: null })

/** The last event of an entity, and the one that caused it. */
async function lastEvent(id: string) {
  const { rows } = await api.pool.query(
    `select type, reason, aggregate_version as version, actor_id as actor, correlation_id, causation_id as cause, as_admin, id,
            after->>'status' as status from events where aggregate_id = $1 order by position desc limit 1`,
    [id],
  )
  return rows[0]
}

/** A task in work that waits for another; both in goals of their own. */
async function waiting() {
  const [here, there] = await Promise.all([ada.goal(), ada.goal()])
  const [task, blocker] = await Promise.all([ada.task(here.id), ada.task(there.id)])
  await post(task.id, 'start')
  expect((await ada.put(edge(task.id, blocker.id))).body).toMatchObject({ ...blockedFrom('IN_PROGRESS'), version: 3 })
  return { task: task.id, blocker: blocker.id, goal: there.id }
}

test('a task that is created waiting is blocked from the first if what it waits for is open', async () => {
  const goal = await ada.goal()
  const [open, closed] = await Promise.all([ada.task(goal.id), ada.task(goal.id)])
  await post(closed.id, 'complete')
  expect(await ada.task(goal.id, { dependencies: [closed.id, open.id] })).toMatchObject({
    ...blockedFrom('TODO'),
    version: 1,
  })
  expect(await ada.task(goal.id, { dependencies: [closed.id] })).toMatchObject({ ...free('TODO'), version: 1 })
})

test('an edge blocks and its removal unblocks in the change of the edge itself, and says so', async () => {
  const { task, blocker } = await waiting()
  expect(await lastEvent(task)).toMatchObject({ type: 'task:updated', version: 3, reason: 'blocked' })
  expect((await ada.delete(edge(task, blocker))).body).toMatchObject({ ...free('IN_PROGRESS'), version: 4 })
  expect(await lastEvent(task)).toMatchObject({ version: 4, reason: 'unblocked', actor: ada.id, cause: null })
})

type Act = (ids: { blocker: string; goal: string }) => Promise<unknown>
const closings: [string, Act][] = [
  ['completed', ({ blocker }) => post(blocker, 'complete')],
  ['cancelled', ({ blocker }) => post(blocker, 'cancel')],
  ['deleted', ({ blocker }) => ada.delete(`/v1/tasks/${blocker}`)],
  ['completed by a patch', ({ blocker }) => patch(blocker, { status: 'COMPLETED' })],
  ['deleted with its goal', ({ goal }) => ada.delete(`/v1/goals/${goal}`)],
  ['cancelled with its goal', ({ goal }) => ada.post(`/v1/goals/${goal}/cancel`)],
  ['completed with its goal', ({ goal }) => ada.post(`/v1/goals/${goal}/complete`, { openTasks: 'complete' })],
]
test.each(closings)('a task is free again once what it waits for is %s, and back where it was', async (_, close) => {
  const ids = await waiting()
  await close(ids)
  expect(await read(ids.task)).toMatchObject({ ...free('IN_PROGRESS'), version: 4 })
  const event = await lastEvent(ids.task)
  expect(event).toMatchObject({ type: 'task:updated', version: 4, reason: 'unblocked', actor: ada.id })
  expect(event.correlation_id).toBe((await lastEvent(ids.blocker)).correlation_id)
})

const openings: [string, Act, Act][] = [
  ['reopened', ({ blocker }) => post(blocker, 'complete'), ({ blocker }) => post(blocker, 'reopen')],
  [
    'reopened by a patch',
    ({ blocker }) => post(blocker, 'cancel'),
    ({ blocker }) => patch(blocker, { status: 'IN_PROGRESS' }),
  ],
  ['restored', ({ blocker }) => ada.delete(`/v1/tasks/${blocker}`), ({ blocker }) => post(blocker, 'restore')],
  [
    'restored with its goal',
    ({ goal }) => ada.delete(`/v1/goals/${goal}`),
    ({ goal }) => ada.post(`/v1/goals/${goal}/restore`),
  ],
  [
    'reopened with its goal',
    ({ goal }) => ada.post(`/v1/goals/${goal}/cancel`),
    ({ goal }) => ada.post(`/v1/goals/${goal}/reopen`),
  ],
]
test.each(openings)('a task is blocked again once what it waits for is %s', async (_, close, open) => {
  const ids = await waiting()
  await close(ids)
  await post(ids.task, 'stop')
  await open(ids)
  expect(await read(ids.task)).toMatchObject({ ...blockedFrom('TODO'), version: 6 })
  expect(await lastEvent(ids.task)).toMatchObject({ type: 'task:updated', version: 6, reason: 'blocked' })
})

test('only the last of several open blockers sets a task free, and closing a closed one is no news to it', async () => {
  const { task, blocker, goal } = await waiting()
  const second = await ada.task(goal)
  expect((await ada.put(edge(task, second.id))).body).toMatchObject({ ...blockedFrom('IN_PROGRESS'), version: 4 })
  await post(blocker, 'complete')
  expect(await read(task)).toMatchObject({ ...blockedFrom('IN_PROGRESS'), version: 4 })
  await post(second.id, 'cancel')
  expect(await read(task)).toMatchObject({ ...free('IN_PROGRESS'), version: 5 })
  await ada.delete(`/v1/tasks/${blocker}`)
  await ada.delete(`/v1/tasks/${second.id}`)
  await post(blocker, 'restore')
  expect(await read(task)).toMatchObject({ version: 5 })
})

test('each of those that wait is freed by a change of its own, all caused by the one', async () => {
  const { task, blocker, goal } = await waiting()
  const others = await Promise.all([1, 2, 3].map(() => ada.task(goal, { dependencies: [blocker] })))
  const completed = await post(blocker, 'complete')
  expect(completed).toMatchObject({ status: 200, body: { id: blocker, version: 2 } })
  const { rows } = await api.pool.query(`select id from events where aggregate_id = $1 and type = 'task:updated'`, [
    blocker,
  ])
  for (const id of [task, ...others.map((other) => other.id)])
    expect(await lastEvent(id)).toMatchObject({ type: 'task:updated', reason: 'unblocked', cause: rows[0].id })
})

test('a chain frees and blocks only link by link', async () => {
  const goal = await ada.goal()
  const a = await ada.task(goal.id)
  const b = await ada.task(goal.id, { dependencies: [a.id] })
  const c = await ada.task(goal.id, { dependencies: [b.id] })
  await post(a.id, 'complete')
  expect(await read(b.id)).toMatchObject(free('TODO'))
  expect(await read(c.id)).toMatchObject({ ...blockedFrom('TODO'), version: 1 })
  await post(b.id, 'complete')
  expect(await read(c.id)).toMatchObject({ ...free('TODO'), version: 2 })
  // What is done stays done, although what it waited for is open again.
  await post(a.id, 'reopen')
  expect(await read(b.id)).toMatchObject({ status: 'COMPLETED', version: 3 })
  expect(await read(c.id)).toMatchObject({ ...free('TODO'), version: 2 })
})

test('a dependency block is not to be lifted by hand, only cancelled or forced', async () => {
  const { task, blocker } = await waiting()
  for (const verb of ['start', 'stop', 'unblock', 'complete'])
    expect(await post(task, verb), verb).toMatchObject({
      status: 409,
      body: { code: 'task-blocked', blockers: [blocker] },
    })
  expect((await patch(task, { status: 'TODO' })).body).toMatchObject({ code: 'task-blocked', blockers: [blocker] })
  expect((await post(task, 'block')).body).toMatchObject({ ...blockedFrom('IN_PROGRESS'), version: 3 })
  expect((await post(task, 'cancel')).body).toMatchObject({ ...free('CANCELLED'), version: 4 })
  await post(blocker, 'complete')
  expect(await read(task)).toMatchObject({ status: 'CANCELLED', version: 4 })
})

test('a block by hand is never lifted by the system, and its lifting lands in a dependency block while it must', async () => {
  const goal = await ada.goal()
  const [task, blocker] = await Promise.all([ada.task(goal.id), ada.task(goal.id)])
  await post(task.id, 'start')
  await post(task.id, 'block')
  const byHand = { status: 'BLOCKED', blockKind: 'MANUAL', blockedFrom: 'IN_PROGRESS' }
  expect((await ada.put(edge(task.id, blocker.id))).body).toMatchObject({ ...byHand, version: 4 })
  await post(blocker.id, 'complete')
  expect(await read(task.id)).toMatchObject({ ...byHand, version: 4 })
  await post(blocker.id, 'reopen')
  expect(await read(task.id)).toMatchObject({ ...byHand, version: 4 })
  expect((await post(task.id, 'unblock')).body).toMatchObject({ ...blockedFrom('IN_PROGRESS'), version: 5 })
  expect(await lastEvent(task.id)).toMatchObject({ version: 5, reason: 'blocked' })
  await ada.delete(`/v1/tasks/${blocker.id}`)
  expect(await read(task.id)).toMatchObject({ ...free('IN_PROGRESS'), version: 6 })
})

test('a reopened task lands where what it waits for lets it', async () => {
  const { task, blocker } = await waiting()
  await post(task, 'cancel')
  expect((await post(task, 'reopen')).body).toMatchObject(blockedFrom('TODO'))
  expect(await lastEvent(task)).toMatchObject({ reason: 'blocked', status: 'BLOCKED' })
  await post(task, 'cancel')
  expect((await patch(task, { status: 'IN_PROGRESS' })).body).toMatchObject(blockedFrom('IN_PROGRESS'))
  await post(blocker, 'complete')
  expect(await read(task)).toMatchObject(free('IN_PROGRESS'))
  await post(task, 'complete')
  expect((await post(task, 'reopen')).body).toMatchObject(free('TODO'))
  expect(await lastEvent(task)).toMatchObject({ reason: null })
})

test('a task is not completed by the very patch that makes it wait, nor freed by hand in it', async () => {
  const { task, blocker, goal } = await waiting()
  const other = await ada.task(goal)
  expect((await patch(other.id, { status: 'COMPLETED', dependencies: [blocker] })).body).toMatchObject({
    code: 'task-blocked',
    blockers: [blocker],
  })
  expect(await read(other.id)).toMatchObject({ version: 1, dependencies: [] })
  expect((await patch(other.id, { status: 'IN_PROGRESS', dependencies: [blocker] })).body).toMatchObject(
    blockedFrom('IN_PROGRESS'),
  )
  // What is closed already may be made to wait: it counts once it is reopened.
  await post(other.id, 'cancel')
  await patch(other.id, { dependencies: [] })
  expect((await patch(other.id, { dependencies: [blocker] })).body).toMatchObject({ status: 'CANCELLED' })
  expect((await post(other.id, 'reopen')).body).toMatchObject(blockedFrom('TODO'))
  expect((await patch(task, { dependencies: [], title: 'Free' })).body).toMatchObject(free('IN_PROGRESS'))
})

test('a blocked task is completed by force only, by the owner of its goal, and that is on record', async () => {
  const goal = await ada.goal()
  const blocker = await ada.task(goal.id)
  const [first, second, third] = await Promise.all(
    [1, 2, 3].map(() => ada.task(goal.id, { dependencies: [blocker.id], assignedTo: bob.id })),
  )
  const complete = (as: Client, id = '', body?: object) => as.post(`/v1/tasks/${id}/complete`, body)
  expect((await complete(bob, first?.id, { force: true })).status).toBe(403)
  expect((await complete(bob, first?.id)).body.code).toBe('task-blocked')
  expect((await complete(ada, first?.id, { force: false })).body.code).toBe('task-blocked')
  expect((await complete(ada, first?.id, { force: true })).body).toMatchObject({ ...free('COMPLETED'), version: 2 })
  const told = async (id = '') =>
    (
      await api.pool.query(
        'select type, reason, as_admin from events where aggregate_id = $1 and aggregate_version = 2 order by ordinal',
        [id],
      )
    ).rows
  expect(await told(first?.id)).toEqual([
    { type: 'task:updated', reason: 'forced', as_admin: false },
    { type: 'task:completed', reason: 'forced', as_admin: false },
  ])
  expect((await ada.get(`/v1/tasks/${first?.id}/history`)).body.data?.[0]).toMatchObject({ reason: 'forced' })
  expect((await patch(second?.id ?? '', { status: 'COMPLETED', force: true })).body).toMatchObject(free('COMPLETED'))
  expect(await told(second?.id)).toMatchObject([{ reason: 'forced' }, { reason: 'forced' }])
  expect((await complete(root, third?.id, { force: true })).status).toBe(200)
  expect(await told(third?.id)).toMatchObject([{ reason: 'forced', as_admin: true }, { as_admin: true }])
  // Force where none is needed is none.
  expect((await complete(ada, blocker.id, { force: true })).status).toBe(200)
  expect(await told(blocker.id)).toMatchObject([{ reason: null }, { reason: null }])
})

test('a block by hand yields to force too', async () => {
  const goal = await ada.goal()
  const task = await ada.task(goal.id)
  await post(task.id, 'block')
  expect((await post(task.id, 'complete')).body).toMatchObject({ code: 'task-blocked', blockers: [] })
  expect((await post(task.id, 'complete', { force: true })).body).toMatchObject(free('COMPLETED'))
})

test('capabilities say what a block leaves', async () => {
  const { task, blocker } = await waiting()
  const { capabilities } = (await ada.get(`/v1/tasks/${task}?include=capabilities`)).body
  expect(capabilities).toMatchObject({
    unblock: { allowed: false, code: 'task-blocked', blockers: [blocker] },
    complete: { allowed: false, code: 'task-blocked', blockers: [blocker] },
    cancel: { allowed: true },
  })
})
