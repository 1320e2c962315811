import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { test } from '../support/test.ts'
import {
  applyVerbs,
  cancelled,
  completed,
  eventsSince,
  lastPosition,
  manual,
  started,
  stateOf,
  statesOf,
  todo,
  waiting,
} from './closing.ts'

/** Creates a task in every state that closing and reopening must distinguish. */
async function createTaskInEveryState(ada: Client, goalId: string) {
  const create = async (fields: object = {}) => (await ada.createTask(goalId, fields)).id
  const first = await create()
  const tasks = {
    todo: first,
    started: await create(),
    waiting: await create({ dependencies: [first] }),
    blocked: await create(),
    completed: await create(),
    cancelled: await create(),
    deleted: await create(),
  }
  await applyVerbs(ada, tasks.started, 'start')
  await applyVerbs(ada, tasks.blocked, 'start', 'block')
  await applyVerbs(ada, tasks.completed, 'complete')
  await applyVerbs(ada, tasks.cancelled, 'cancel')
  await ada.delete(`/v1/tasks/${tasks.deleted}`)
  return tasks
}
const openTaskNames = ['todo', 'started', 'waiting', 'blocked'] as const
const statesBefore = {
  todo,
  started,
  waiting: waiting('TODO'),
  blocked: manual('IN_PROGRESS'),
  completed,
  cancelled,
  deleted: todo,
}

const ways = ['route', 'patch'] as const
const closings = (['complete', 'cancel'] as const).flatMap((verb) =>
  ([undefined, 'keep', 'cancel', 'complete'] as const).flatMap((openTasks) =>
    ways.map((way) => ({ verb, openTasks, way })),
  ),
)

test.for(closings)(
  '$verb by $way with openTasks $openTasks closes the right tasks in one cascade, and reopening restores exactly those',
  async ({ verb, openTasks, way }, { api, ada }) => {
    const goal = await ada.createGoal()
    const tasks = await createTaskInEveryState(ada, goal.id)
    expect(await statesOf(ada, tasks)).toEqual(statesBefore)
    const body = { ...(openTasks ? { openTasks } : {}), ...(openTasks === 'complete' ? { force: true } : {}) }
    const status = verb === 'complete' ? 'COMPLETED' : 'CANCELLED'

    const beforeClosing = await lastPosition(api.pool)
    const answer =
      way === 'route'
        ? await ada.actOnGoal(goal.id, verb, body)
        : await ada.patch(`/v1/goals/${goal.id}`, { status, ...body }, { 'if-match': '"1"' })
    expect(answer).toMatchObject({ status: 200, body: { status, version: 2 } })

    const effective = openTasks ?? (verb === 'complete' ? 'keep' : 'cancel')
    const end = { keep: undefined, cancel: cancelled, complete: completed }[effective]
    const after = end ? { ...statesBefore, todo: end, started: end, waiting: end, blocked: end } : statesBefore
    expect(await statesOf(ada, tasks)).toEqual(after)

    const closing = await eventsSince(api.pool, beforeClosing)
    const milestone = verb === 'complete' ? ['goal:completed'] : []
    expect(closing.filter((event) => event.id === goal.id).map((event) => event.type)).toEqual([
      'goal:updated',
      ...milestone,
    ])
    const perTask = effective === 'complete' ? ['task:updated', 'task:completed'] : ['task:updated']
    for (const name of openTaskNames) {
      const own = closing.filter((event) => event.id === tasks[name])
      expect(
        own.map((event) => event.type),
        name,
      ).toEqual(end ? perTask : [])
      const reason = name === 'blocked' && effective === 'complete' ? 'forced' : `goal-${status.toLowerCase()}`
      expect(new Set(own.map((event) => event.reason)), name).toEqual(new Set(end ? [reason] : []))
    }
    expect(closing).toHaveLength(1 + milestone.length + (end ? openTaskNames.length * perTask.length : 0))
    const cascade = closing[0]?.cascade
    expect(cascade === null).toBe(effective === 'keep')
    expect(closing.every((event) => event.cascade === cascade)).toBe(true)

    const beforeReopening = await lastPosition(api.pool)
    expect((await ada.actOnGoal(goal.id, 'reopen')).body).toMatchObject({
      status: 'ACTIVE',
      completedAt: null,
      version: 3,
    })
    expect(await statesOf(ada, tasks)).toEqual(statesBefore)
    const reopening = await eventsSince(api.pool, beforeReopening)
    expect(reopening.map((event) => event.id).toSorted()).toEqual(
      [goal.id, ...(end ? openTaskNames.map((name) => tasks[name]) : [])].toSorted(),
    )
    expect(new Set(reopening.map((event) => event.cascade)).size).toBe(1)
    expect(reopening.slice(1).every((event) => event.type === 'task:updated' && event.reason === 'goal-reopened')).toBe(
      true,
    )
  },
)

test('a goal on hold closes and reopens with its tasks', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  await ada.actOnGoal(goal.id, 'hold')
  expect((await ada.actOnGoal(goal.id, 'cancel')).status).toBe(200)
  expect(await stateOf(ada, task.id)).toEqual(cancelled)
  expect((await ada.actOnGoal(goal.id, 'reopen')).body.status).toBe('ACTIVE')
  expect(await stateOf(ada, task.id)).toEqual(todo)
})

test('reopening a goal leaves a task alone when the task changed after the closing', async ({ ada }) => {
  const goal = await ada.createGoal()
  const elsewhere = await ada.createGoal()
  const names = ['untouched', 'retitled', 'reopened', 'closed again', 'moved', 'deleted', 'deleted and restored']
  const ids: Record<string, string> = {}
  for (const name of names) ids[name] = (await ada.createTask(goal.id)).id
  const of = (name: string) => ids[name] ?? ''
  await ada.actOnGoal(goal.id, 'cancel')

  await ada.patchTask(of('retitled'), { title: 'Another title' })
  await applyVerbs(ada, of('reopened'), 'reopen', 'start')
  await applyVerbs(ada, of('closed again'), 'reopen', 'cancel')
  expect((await ada.patchTask(of('moved'), { goalId: elsewhere.id })).status).toBe(200)
  await ada.delete(`/v1/tasks/${of('deleted')}`)
  await ada.delete(`/v1/tasks/${of('deleted and restored')}`)
  await ada.actOnTask(of('deleted and restored'), 'restore')

  await ada.actOnGoal(goal.id, 'reopen')
  expect(await statesOf(ada, ids)).toEqual({
    untouched: todo,
    retitled: todo,
    reopened: started,
    'closed again': cancelled,
    moved: cancelled,
    deleted: cancelled,
    'deleted and restored': todo,
  })
  // A task that is restored later keeps the state that it had when its goal was reopened.
  await ada.actOnTask(of('deleted'), 'restore')
  await ada.actOnGoal(goal.id, 'cancel', { openTasks: 'keep' })
  await ada.actOnGoal(goal.id, 'reopen')
  expect(await stateOf(ada, of('deleted'))).toEqual(cancelled)
})

test('reopening a goal undoes its last closing and no earlier one', async ({ ada }) => {
  const goal = await ada.createGoal()
  const [one, two] = [await ada.createTask(goal.id), await ada.createTask(goal.id)]
  await ada.actOnGoal(goal.id, 'cancel')
  await ada.actOnGoal(goal.id, 'reopen')
  await applyVerbs(ada, one.id, 'cancel')
  await ada.actOnGoal(goal.id, 'complete', { openTasks: 'complete' })
  expect(await stateOf(ada, two.id)).toEqual(completed)
  await ada.actOnGoal(goal.id, 'reopen')
  expect([await stateOf(ada, one.id), await stateOf(ada, two.id)]).toEqual([cancelled, todo])
  expect((await ada.readTask(two.id)).version).toBe(5)
})

test('a closed goal still reopens its tasks after it was deleted and restored', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  await applyVerbs(ada, task.id, 'start')
  await ada.actOnGoal(goal.id, 'cancel')
  await ada.delete(`/v1/goals/${goal.id}`)
  await ada.actOnGoal(goal.id, 'restore')
  await ada.actOnGoal(goal.id, 'reopen')
  expect(await stateOf(ada, task.id)).toEqual(started)
})

test('a closed goal stays as it is when it is closed again with another openTasks', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  await ada.actOnGoal(goal.id, 'complete')
  expect(await ada.actOnGoal(goal.id, 'complete', { openTasks: 'cancel' })).toMatchObject({
    status: 200,
    body: { version: 2 },
  })
  expect(await stateOf(ada, task.id)).toEqual(todo)
})

test('a goal and its tasks stay open when If-Match is stale', async ({ ada }) => {
  const goal = await ada.createGoal()
  const task = await ada.createTask(goal.id)
  await ada.patchGoal(goal.id, { title: 'x' })
  expect((await ada.post(`/v1/goals/${goal.id}/cancel`, {}, { 'if-match': '"1"' })).status).toBe(412)
  expect(await stateOf(ada, task.id)).toEqual(todo)
})
