import { expectInvariants } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import { test } from '../support/test.ts'
import { deleteAt, goalUrl, restoreAt, taskUrl } from './removal.ts'

test.afterEach(({ api }) => expectInvariants(api.pool))

test('a dependency is inactive while a task is deleted, and active when both are restored', async ({ ada }) => {
  const [a = '', b = '', c = ''] = await ada.createTaskIds(3)
  await ada.addDependency(a, b)
  await deleteAt(ada, taskUrl(b))
  expect(await ada.readTask(a)).toMatchObject({ status: 'TODO', dependencies: [b] })
  await deleteAt(ada, taskUrl(a))
  await restoreAt(ada, taskUrl(b))
  expect(await ada.readTask(a)).toMatchObject({ status: 'TODO', dependencies: [b] })
  expect(await restoreAt(ada, taskUrl(a))).toMatchObject({
    status: 'BLOCKED',
    blockKind: 'DEPENDENCY',
    blockedFrom: 'TODO',
    dependencies: [b],
  })
  // A task that was blocked when it was deleted is unblocked when its blocker closed since.
  await deleteAt(ada, taskUrl(a))
  await ada.actOnTask(b, 'complete')
  expect(await restoreAt(ada, taskUrl(a))).toMatchObject({ status: 'TODO', blockKind: null, dependencies: [b] })
  // An inactive dependency counts for no cycle.
  await deleteAt(ada, taskUrl(b))
  expect((await ada.addDependency(c, a)).status).toBe(200)
})

test('a restored task drops a dependency that would close a cycle, and its event shows it', async ({ api, ada }) => {
  const [a = '', b = '', c = '', d = ''] = await ada.createTaskIds(4)
  await ada.patchTask(a, { dependencies: [b, d] })
  await ada.addDependency(c, a)
  await deleteAt(ada, taskUrl(a))
  const before = await Promise.all([b, c, d].map((id) => ada.readTask(id)))
  expect((await ada.addDependency(b, c)).status).toBe(200)
  expect(await restoreAt(ada, taskUrl(a))).toMatchObject({ dependencies: [d], status: 'BLOCKED', version: 4 })
  expect(await api.lastEventOf(a)).toMatchObject({
    type: 'task:updated',
    reason: 'restored',
    before: { dependencies: [b, d] },
    after: { dependencies: [d], status: 'BLOCKED' },
  })
  const [bAfter, cAfter, dAfter] = await Promise.all([b, c, d].map((id) => ada.readTask(id)))
  expect(bAfter).toMatchObject({ dependencies: [c], version: 2 })
  expect([cAfter?.dependencies, dAfter]).toEqual([before[1]?.dependencies, before[2]])
})

test('a restored blocker drops its own dependency to cut a cycle, and others keep theirs', async ({ ada }) => {
  const [a = '', b = '', c = ''] = await ada.createTaskIds(3)
  await ada.addDependency(a, b)
  await ada.addDependency(b, c)
  await deleteAt(ada, taskUrl(b))
  expect((await ada.addDependency(c, a)).status).toBe(200)
  expect(await restoreAt(ada, taskUrl(b))).toMatchObject({ dependencies: [], status: 'TODO' })
  expect(await ada.readTask(a)).toMatchObject({ dependencies: [b], status: 'BLOCKED' })
})

test('a restored goal brings back its dependencies, except one that would close a cycle', async ({ api, ada }) => {
  const goal = await ada.createGoal()
  const first = await ada.createTask(goal.id)
  const [outside = '', beyond = ''] = await ada.createTaskIds(2)
  const second = await ada.createTask(goal.id, { dependencies: [first.id, outside] })
  await ada.addDependency(beyond, second.id)
  await deleteAt(ada, goalUrl(goal.id))
  expect(await ada.readTask(beyond)).toMatchObject({ status: 'TODO' })
  expect((await ada.addDependency(outside, beyond)).status).toBe(200)
  await restoreAt(ada, goalUrl(goal.id))
  expect(await ada.readTask(second.id)).toMatchObject({ status: 'BLOCKED', dependencies: [first.id], version: 3 })
  expect(await ada.readTask(beyond)).toMatchObject({ status: 'BLOCKED', dependencies: [second.id] })
  expect(await api.lastEventOf(second.id)).toMatchObject({
    reason: 'restored',
    after: { dependencies: [first.id] },
  })
})
