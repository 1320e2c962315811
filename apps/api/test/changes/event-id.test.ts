import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { overwrite } from '../support/client.ts'
import { test } from '../support/test.ts'

test('every write names the primary event of its entity, and a write that changes nothing names none', async ({
  api,
}) => {
  const ada = await api.as()
  const other = (await ada.createGoal()).id
  const created = await ada.post('/v1/goals', { title: 'New' })
  const goal = String(created.body.id)
  const expectEvent = async (response: typeof created, id: string, type: string) => {
    const event = (await api.eventsOf(id)).filter(({ ordinal }) => ordinal === 0).at(-1)
    expect([response.headers['event-id'], event?.type], response.text).toEqual([event?.id, type])
  }
  await expectEvent(created, goal, 'goal:created')
  const first = await ada.post(`/v1/goals/${goal}/tasks`, { title: 'A', assignedTo: randomUUID() })
  const task = String(first.body.id)
  await expectEvent(first, task, 'task:created')
  const { id: blocker } = await ada.createTask(goal)
  await expectEvent(await ada.patchTask(task, { title: 'B' }), task, 'task:updated')
  await expectEvent(await ada.addDependency(task, blocker), task, 'task:updated')
  await expectEvent(await ada.actOnTask(blocker, 'complete'), blocker, 'task:updated')
  await expectEvent(await ada.patchTask(task, { goalId: other }), task, 'task:updated')
  await expectEvent(await ada.delete(`/v1/tasks/${blocker}`), blocker, 'task:deleted')
  await expectEvent(await ada.actOnGoal(goal, 'cancel'), goal, 'goal:updated')
  await expectEvent(await ada.delete(`/v1/goals/${goal}`), goal, 'goal:deleted')
  await expectEvent(await ada.actOnGoal(goal, 'restore'), goal, 'goal:updated')
  for (const unchanged of [
    await ada.actOnGoal(goal, 'restore'),
    await ada.patchTask(task, { title: 'B' }),
    await ada.actOnGoal(randomUUID(), 'hold'),
  ])
    expect(unchanged.headers).not.toHaveProperty('event-id')
})

test('a repeated request names the event of the first one', async ({ api }) => {
  const ada = await api.as()
  const goal = await ada.createGoal()
  const key = { ...overwrite, 'idempotency-key': randomUUID() }
  const [first, again] = [
    await ada.patchGoal(goal.id, { title: 'Once' }, key),
    await ada.patchGoal(goal.id, { title: 'Once' }, key),
  ]
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect(first.headers['event-id']).toBe((await api.lastEventOf(goal.id))?.id)
  expect(again.headers['event-id']).toBe(first.headers['event-id'])
})
