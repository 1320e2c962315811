import { expectInvariants } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { blockedByDependency, unblocked } from '../support/task-states.ts'
import { test } from '../support/test.ts'
import { createDependent } from './dependent-task.ts'

test.afterEach(({ api }) => expectInvariants(api.pool))

test('a new task is blocked when one of its blockers is open', async ({ ada }) => {
  const goal = await ada.createGoal()
  const [open, closed] = await Promise.all([ada.createTask(goal.id), ada.createTask(goal.id)])
  await ada.actOnTask(closed.id, 'complete')
  expect(await ada.createTask(goal.id, { dependencies: [closed.id, open.id] })).toMatchObject({
    ...blockedByDependency('TODO'),
    version: 1,
  })
  expect(await ada.createTask(goal.id, { dependencies: [closed.id] })).toMatchObject({
    ...unblocked('TODO'),
    version: 1,
  })
})

test('adding a dependency blocks the task and removing it unblocks it, in one version', async ({ api, ada }) => {
  const { task, blocker } = await createDependent(ada)
  expect(await api.lastEventOf(task)).toMatchObject({ type: 'task:updated', version: 3, reason: 'blocked' })
  expect((await ada.removeDependency(task, blocker)).body).toMatchObject({ ...unblocked('IN_PROGRESS'), version: 4 })
  expect(await api.lastEventOf(task)).toMatchObject({
    version: 4,
    reason: 'unblocked',
    actor: ada.id,
    causationId: null,
  })
})

type Ids = { blocker: string; goal: string }
type Act = (client: Client, ids: Ids) => Promise<unknown>

const closings: [string, Act][] = [
  ['completed', (client, { blocker }) => client.actOnTask(blocker, 'complete')],
  ['cancelled', (client, { blocker }) => client.actOnTask(blocker, 'cancel')],
  ['deleted', (client, { blocker }) => client.delete(`/v1/tasks/${blocker}`)],
  ['completed by a patch', (client, { blocker }) => client.patchTask(blocker, { status: 'COMPLETED' })],
  ['deleted with its goal', (client, { goal }) => client.delete(`/v1/goals/${goal}`)],
  ['cancelled with its goal', (client, { goal }) => client.actOnGoal(goal, 'cancel')],
  ['completed with its goal', (client, { goal }) => client.actOnGoal(goal, 'complete', { openTasks: 'complete' })],
]

test.for(closings)('a task returns to its status when its blocker is %s', async ([, close], { api, ada }) => {
  const ids = await createDependent(ada)
  await close(ada, ids)
  expect(await ada.readTask(ids.task)).toMatchObject({ ...unblocked('IN_PROGRESS'), version: 4 })
  const event = await api.lastEventOf(ids.task)
  expect(event).toMatchObject({ type: 'task:updated', version: 4, reason: 'unblocked', actor: ada.id })
  expect(event?.correlationId).toBe((await api.lastEventOf(ids.blocker))?.correlationId)
})

const openings: [string, Act, Act][] = [
  [
    'reopened',
    (client, { blocker }) => client.actOnTask(blocker, 'complete'),
    (client, { blocker }) => client.actOnTask(blocker, 'reopen'),
  ],
  [
    'reopened by a patch',
    (client, { blocker }) => client.actOnTask(blocker, 'cancel'),
    (client, { blocker }) => client.patchTask(blocker, { status: 'IN_PROGRESS' }),
  ],
  [
    'restored',
    (client, { blocker }) => client.delete(`/v1/tasks/${blocker}`),
    (client, { blocker }) => client.actOnTask(blocker, 'restore'),
  ],
  [
    'restored with its goal',
    (client, { goal }) => client.delete(`/v1/goals/${goal}`),
    (client, { goal }) => client.actOnGoal(goal, 'restore'),
  ],
  [
    'reopened with its goal',
    (client, { goal }) => client.actOnGoal(goal, 'cancel'),
    (client, { goal }) => client.actOnGoal(goal, 'reopen'),
  ],
]

test.for(openings)('a task is blocked again when its blocker is %s', async ([, close, open], { api, ada }) => {
  const ids = await createDependent(ada)
  await close(ada, ids)
  await ada.actOnTask(ids.task, 'stop')
  await open(ada, ids)
  expect(await ada.readTask(ids.task)).toMatchObject({ ...blockedByDependency('TODO'), version: 6 })
  expect(await api.lastEventOf(ids.task)).toMatchObject({ type: 'task:updated', version: 6, reason: 'blocked' })
})

test('a task is unblocked when its last open blocker closes, not when a closed one changes', async ({ ada }) => {
  const { task, blocker, goal } = await createDependent(ada)
  const second = await ada.createTask(goal)
  expect((await ada.addDependency(task, second.id)).body).toMatchObject({
    ...blockedByDependency('IN_PROGRESS'),
    version: 4,
  })
  await ada.actOnTask(blocker, 'complete')
  expect(await ada.readTask(task)).toMatchObject({ ...blockedByDependency('IN_PROGRESS'), version: 4 })
  await ada.actOnTask(second.id, 'cancel')
  expect(await ada.readTask(task)).toMatchObject({ ...unblocked('IN_PROGRESS'), version: 5 })
  await ada.delete(`/v1/tasks/${blocker}`)
  await ada.delete(`/v1/tasks/${second.id}`)
  await ada.actOnTask(blocker, 'restore')
  expect(await ada.readTask(task)).toMatchObject({ version: 5 })
})

test("every dependent task is unblocked by its own version, caused by the blocker's event", async ({ api, ada }) => {
  const { task, blocker, goal } = await createDependent(ada)
  const others = await Promise.all([1, 2, 3].map(() => ada.createTask(goal, { dependencies: [blocker] })))
  const completed = await ada.actOnTask(blocker, 'complete')
  expect(completed).toMatchObject({ status: 200, body: { id: blocker, version: 2 } })
  const { rows } = await api.pool.query(`select id from events where aggregate_id = $1 and type = 'task:updated'`, [
    blocker,
  ])
  for (const id of [task, ...others.map((other) => other.id)])
    expect(await api.lastEventOf(id)).toMatchObject({
      type: 'task:updated',
      reason: 'unblocked',
      causationId: rows[0].id,
    })
})

test('completing one task of a chain unblocks only its direct dependents', async ({ ada }) => {
  const goal = await ada.createGoal()
  const a = await ada.createTask(goal.id)
  const b = await ada.createTask(goal.id, { dependencies: [a.id] })
  const c = await ada.createTask(goal.id, { dependencies: [b.id] })
  await ada.actOnTask(a.id, 'complete')
  expect(await ada.readTask(b.id)).toMatchObject(unblocked('TODO'))
  expect(await ada.readTask(c.id)).toMatchObject({ ...blockedByDependency('TODO'), version: 1 })
  await ada.actOnTask(b.id, 'complete')
  expect(await ada.readTask(c.id)).toMatchObject({ ...unblocked('TODO'), version: 2 })
  // A completed task stays completed when its blocker reopens.
  await ada.actOnTask(a.id, 'reopen')
  expect(await ada.readTask(b.id)).toMatchObject({ status: 'COMPLETED', version: 3 })
  expect(await ada.readTask(c.id)).toMatchObject({ ...unblocked('TODO'), version: 2 })
})
