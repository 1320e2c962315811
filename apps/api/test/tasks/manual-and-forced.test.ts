import { expectInvariants } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { blockedByDependency, manuallyBlocked, unblocked } from '../support/task-states.ts'
import { test } from '../support/test.ts'
import { createDependent } from './dependent-task.ts'

test.afterEach(({ api }) => expectInvariants(api.pool))

test('a task with an open blocker stays blocked under every verb and patch until it is cancelled', async ({ ada }) => {
  const { task, blocker } = await createDependent(ada)
  for (const verb of ['start', 'stop', 'unblock', 'complete'])
    expect(await ada.actOnTask(task, verb), verb).toMatchObject({
      status: 409,
      body: { code: 'task-blocked', blockers: [blocker] },
    })
  expect((await ada.patchTask(task, { status: 'TODO' })).body).toMatchObject({
    code: 'task-blocked',
    blockers: [blocker],
  })
  expect((await ada.actOnTask(task, 'block')).body).toMatchObject({ ...blockedByDependency('IN_PROGRESS'), version: 3 })
  expect((await ada.actOnTask(task, 'cancel')).body).toMatchObject({ ...unblocked('CANCELLED'), version: 4 })
  await ada.actOnTask(blocker, 'complete')
  expect(await ada.readTask(task)).toMatchObject({ status: 'CANCELLED', version: 4 })
})

test('a manual block is lifted only by hand, and a dependency block may remain', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const [task, blocker] = await Promise.all([ada.createTask(goal.id), ada.createTask(goal.id)])
  await ada.actOnTask(task.id, 'start')
  await ada.actOnTask(task.id, 'block')
  expect((await ada.addDependency(task.id, blocker.id)).body).toMatchObject({
    ...manuallyBlocked('IN_PROGRESS'),
    version: 4,
  })
  await ada.actOnTask(blocker.id, 'complete')
  expect(await ada.readTask(task.id)).toMatchObject({ ...manuallyBlocked('IN_PROGRESS'), version: 4 })
  await ada.actOnTask(blocker.id, 'reopen')
  expect(await ada.readTask(task.id)).toMatchObject({ ...manuallyBlocked('IN_PROGRESS'), version: 4 })
  expect((await ada.actOnTask(task.id, 'unblock')).body).toMatchObject({
    ...blockedByDependency('IN_PROGRESS'),
    version: 5,
  })
  expect(await api.lastEventOf(task.id)).toMatchObject({ version: 5, reason: 'blocked' })
  await ada.delete(`/v1/tasks/${blocker.id}`)
  expect(await ada.readTask(task.id)).toMatchObject({ ...unblocked('IN_PROGRESS'), version: 6 })
})

test('a reopened task is blocked when one of its blockers is open', async ({ api, ada }) => {
  const { task, blocker } = await createDependent(ada)
  await ada.actOnTask(task, 'cancel')
  expect((await ada.actOnTask(task, 'reopen')).body).toMatchObject(blockedByDependency('TODO'))
  expect(await api.lastEventOf(task)).toMatchObject({ reason: 'blocked', after: { status: 'BLOCKED' } })
  await ada.actOnTask(task, 'cancel')
  expect((await ada.patchTask(task, { status: 'IN_PROGRESS' })).body).toMatchObject(blockedByDependency('IN_PROGRESS'))
  await ada.actOnTask(blocker, 'complete')
  expect(await ada.readTask(task)).toMatchObject(unblocked('IN_PROGRESS'))
  await ada.actOnTask(task, 'complete')
  expect((await ada.actOnTask(task, 'reopen')).body).toMatchObject(unblocked('TODO'))
  expect(await api.lastEventOf(task)).toMatchObject({ reason: null })
})

test('a patch with a new open blocker cannot complete the task, and one without it unblocks', async ({ ada }) => {
  const { task, blocker, goal } = await createDependent(ada)
  const other = await ada.createTask(goal)
  expect((await ada.patchTask(other.id, { status: 'COMPLETED', dependencies: [blocker] })).body).toMatchObject({
    code: 'task-blocked',
    blockers: [blocker],
  })
  expect(await ada.readTask(other.id)).toMatchObject({ version: 1, dependencies: [] })
  expect((await ada.patchTask(other.id, { status: 'IN_PROGRESS', dependencies: [blocker] })).body).toMatchObject(
    blockedByDependency('IN_PROGRESS'),
  )
  // A closed task may get a dependency. It counts when the task is reopened.
  await ada.actOnTask(other.id, 'cancel')
  await ada.patchTask(other.id, { dependencies: [] })
  expect((await ada.patchTask(other.id, { dependencies: [blocker] })).body).toMatchObject({ status: 'CANCELLED' })
  expect((await ada.actOnTask(other.id, 'reopen')).body).toMatchObject(blockedByDependency('TODO'))
  expect((await ada.patchTask(task, { dependencies: [], title: 'Free' })).body).toMatchObject(unblocked('IN_PROGRESS'))
})

test('a blocked task is forced only by the owner of its goal, and on record', async ({ api, ada, bob, admin }) => {
  const goal = await ada.createGoal()
  const blocker = await ada.createTask(goal.id)
  const [first, second, third] = await Promise.all(
    [1, 2, 3].map(() => ada.createTask(goal.id, { dependencies: [blocker.id], assignedTo: bob.id })),
  )
  const complete = (as: Client, id = '', body?: object) => as.post(`/v1/tasks/${id}/complete`, body)
  expect((await complete(bob, first?.id, { force: true })).status).toBe(403)
  expect((await complete(bob, first?.id)).body.code).toBe('task-blocked')
  expect((await complete(ada, first?.id, { force: false })).body.code).toBe('task-blocked')
  expect((await complete(ada, first?.id, { force: true })).body).toMatchObject({
    ...unblocked('COMPLETED'),
    version: 2,
  })
  const versionTwo = async (id = '') =>
    (
      await api.pool.query(
        'select type, reason, as_admin from events where aggregate_id = $1 and aggregate_version = 2 order by ordinal',
        [id],
      )
    ).rows
  expect(await versionTwo(first?.id)).toEqual([
    { type: 'task:updated', reason: 'forced', as_admin: false },
    { type: 'task:completed', reason: 'forced', as_admin: false },
  ])
  expect((await ada.get(`/v1/tasks/${first?.id}/history`)).body.data?.[0]).toMatchObject({ reason: 'forced' })
  expect((await ada.patchTask(second?.id ?? '', { status: 'COMPLETED', force: true })).body).toMatchObject(
    unblocked('COMPLETED'),
  )
  expect(await versionTwo(second?.id)).toMatchObject([{ reason: 'forced' }, { reason: 'forced' }])
  expect((await complete(admin, third?.id, { force: true })).status).toBe(200)
  expect(await versionTwo(third?.id)).toMatchObject([{ reason: 'forced', as_admin: true }, { as_admin: true }])
  // Force has no effect on a task that is not blocked.
  expect((await complete(ada, blocker.id, { force: true })).status).toBe(200)
  expect(await versionTwo(blocker.id)).toMatchObject([{ reason: null }, { reason: null }])
})

test('a manually blocked task is completed by force', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  await ada.actOnTask(task.id, 'block')
  expect((await ada.actOnTask(task.id, 'complete')).body).toMatchObject({ code: 'task-blocked', blockers: [] })
  expect((await ada.actOnTask(task.id, 'complete', { force: true })).body).toMatchObject(unblocked('COMPLETED'))
})

test('the capabilities of a blocked task name its blockers and allow cancelling', async ({ ada }) => {
  const { task, blocker } = await createDependent(ada)
  const { capabilities } = (await ada.get(`/v1/tasks/${task}?include=capabilities`)).body
  expect(capabilities).toMatchObject({
    unblock: { allowed: false, code: 'task-blocked', blockers: [blocker] },
    complete: { allowed: false, code: 'task-blocked', blockers: [blocker] },
    cancel: { allowed: true },
  })
})
