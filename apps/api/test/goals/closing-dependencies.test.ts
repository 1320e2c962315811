import { expect } from 'vitest'
import { test } from '../support/test.ts'
import { applyVerbs, completed, eventsSince, lastPosition, manual, started, stateOf, todo, waiting } from './closing.ts'

test('a task that reopens with its goal is blocked when one of its blockers is open by then', async ({ ada }) => {
  const [goal, other] = [await ada.createGoal(), await ada.createGoal()]
  const [done, undone] = [await ada.createTask(other.id), await ada.createTask(other.id)]
  const freed = await ada.createTask(goal.id, { dependencies: [done.id] })
  const held = await ada.createTask(goal.id, { dependencies: [undone.id] })
  const byHand = await ada.createTask(goal.id, { dependencies: [undone.id] })
  await applyVerbs(ada, undone.id, 'complete')
  await applyVerbs(ada, held.id, 'start')
  await applyVerbs(ada, byHand.id, 'start', 'block')
  await ada.actOnGoal(goal.id, 'cancel')

  await applyVerbs(ada, done.id, 'complete')
  await applyVerbs(ada, undone.id, 'reopen')
  await ada.actOnGoal(goal.id, 'reopen')
  expect(await stateOf(ada, freed.id)).toEqual(todo)
  expect(await stateOf(ada, held.id)).toEqual(waiting('IN_PROGRESS'))
  expect(await stateOf(ada, byHand.id)).toEqual(manual('IN_PROGRESS'))
})

test('a closing goal unblocks a dependent task of another goal, and reopening blocks it', async ({ api, ada }) => {
  const [goal, other] = [await ada.createGoal(), await ada.createGoal()]
  const blocker = await ada.createTask(goal.id)
  const outside = await ada.createTask(other.id)
  const dependent = await ada.createTask(other.id)
  await applyVerbs(ada, dependent.id, 'start')
  await ada.addDependency(dependent.id, blocker.id)
  const dependentOnTwo = await ada.createTask(other.id, { dependencies: [blocker.id, outside.id] })
  expect(await stateOf(ada, dependent.id)).toEqual(waiting('IN_PROGRESS'))

  const start = await lastPosition(api.pool)
  await ada.actOnGoal(goal.id, 'complete', { openTasks: 'keep' })
  await ada.actOnGoal(goal.id, 'reopen')
  expect((await eventsSince(api.pool, start)).filter((event) => event.id !== goal.id)).toEqual([])

  const beforeClosing = await lastPosition(api.pool)
  await ada.actOnGoal(goal.id, 'complete', { openTasks: 'complete' })
  expect(await stateOf(ada, dependent.id)).toEqual(started)
  expect(await stateOf(ada, dependentOnTwo.id)).toEqual(waiting('TODO'))
  const closing = await eventsSince(api.pool, beforeClosing)
  expect(closing.filter((event) => event.id === dependent.id)).toMatchObject([
    { type: 'task:updated', reason: 'unblocked' },
  ])
  expect(new Set(closing.map((event) => event.cascade)).size).toBe(1)

  const beforeReopening = await lastPosition(api.pool)
  await ada.actOnGoal(goal.id, 'reopen')
  expect(await stateOf(ada, dependent.id)).toEqual(waiting('IN_PROGRESS'))
  const reopening = await eventsSince(api.pool, beforeReopening)
  expect(reopening.filter((event) => event.id === dependent.id)).toMatchObject([
    { type: 'task:updated', reason: 'blocked' },
  ])
  expect(new Set(reopening.map((event) => event.cascade)).size).toBe(1)
})

test('a goal does not complete its tasks when one is blocked from outside, unless forced', async ({ api, ada }) => {
  const [goal, other] = [await ada.createGoal(), await ada.createGoal()]
  const outside = await ada.createTask(other.id)
  const free = await ada.createTask(goal.id)
  const dependsInside = await ada.createTask(goal.id, { dependencies: [free.id] })
  const dependsOutside = await ada.createTask(goal.id, { dependencies: [free.id, outside.id] })
  const blocked = await ada.createTask(goal.id)
  await applyVerbs(ada, blocked.id, 'block')
  const start = await lastPosition(api.pool)
  const refused = [
    await ada.actOnGoal(goal.id, 'complete', { openTasks: 'complete' }),
    await ada.actOnGoal(goal.id, 'cancel', { openTasks: 'complete' }),
    await ada.patchGoal(goal.id, { status: 'COMPLETED', openTasks: 'complete' }),
  ]
  for (const { status, body } of refused)
    expect({ status, code: body.code, tasks: body.tasks }).toEqual({
      status: 409,
      code: 'task-blocked',
      tasks: [dependsOutside.id, blocked.id].toSorted(),
    })
  expect(await eventsSince(api.pool, start)).toEqual([])
  expect((await ada.get(`/v1/goals/${goal.id}`)).body).toMatchObject({ status: 'ACTIVE', version: 1 })

  expect((await ada.actOnGoal(goal.id, 'complete', { openTasks: 'complete', force: true })).status).toBe(200)
  for (const { id } of [free, dependsInside, dependsOutside, blocked]) expect(await stateOf(ada, id)).toEqual(completed)
  expect(await stateOf(ada, outside.id)).toEqual(todo)
})

test('dependent tasks of a goal are completed with it when their blockers are in it too', async ({ ada }) => {
  const goal = await ada.createGoal()
  const first = await ada.createTask(goal.id)
  const second = await ada.createTask(goal.id, { dependencies: [first.id] })
  expect((await ada.actOnGoal(goal.id, 'complete', { openTasks: 'complete' })).status).toBe(200)
  expect(await stateOf(ada, second.id)).toEqual(completed)
  await ada.actOnGoal(goal.id, 'reopen')
  expect(await stateOf(ada, second.id)).toEqual(waiting('TODO'))
})
