import { expect } from 'vitest'
import type { Client, Entity } from '../support/client.ts'
import { afterBlocker, contract, type Model, type Move, outcomeOf } from './task-model.ts'

export const send = (client: Client, taskId: string, move: Move) => {
  const force = move.force ? { force: true } : {}
  return 'verb' in move
    ? client.actOnTask(taskId, move.verb, move.force && force)
    : client.patchTask(taskId, { status: move.status, ...force })
}

export const readTask = async (client: Client, taskId: string) =>
  (await client.get(`/v1/tasks/${taskId}`)).body as Entity
export const modelOf = (task: Record<string, unknown>, blockerOpen: boolean) =>
  ({ status: task.status, block: task.blockKind, from: task.blockedFrom, blockerOpen }) as Model

/** A task in some state, the id of its blocker, and the model of both. */
export type Situation = { task: Entity; blocker: string; model: Model }

/** Makes a move and compares the answer with the model. Returns the situation afterwards and its expected events. */
export async function makeMove(client: Client, { task, blocker, model }: Situation, move: Move) {
  const how = `${JSON.stringify(model)} ${JSON.stringify(move)}`
  const expected = outcomeOf(move, model)
  const answer = await send(client, task.id, move)
  const now = await readTask(client, task.id)
  if (typeof expected === 'string') {
    expect(now, how).toEqual(task)
    if (expected === 'unchanged') expect(answer, how).toMatchObject({ status: 200, body: task })
    else expect(answer, how).toMatchObject({ status: 409, body: { code: expected } })
    if (expected === 'invalid-transition')
      expect([answer.body.allowed].flat().toSorted(), how).toEqual(Object.keys(contract[model.status]).toSorted())
    if (expected === 'task-blocked') expect(answer.body.blockers, how).toEqual(model.blockerOpen ? [blocker] : [])
    return { task: now, blocker, model, emitted: [] }
  }
  const version = Number(task.version) + 1
  expect(answer, how).toMatchObject({ status: 200, body: { version }, headers: { etag: `"${version}"` } })
  expect(modelOf(answer.body, expected.blockerOpen), how).toEqual(expected)
  expect(answer.body.completedAt, how).toBe(expected.status === 'COMPLETED' ? answer.body.updatedAt : null)
  expect(now, how).toEqual(answer.body)
  const completes = expected.status === 'COMPLETED'
  const reason = completes && model.status === 'BLOCKED' ? ' forced' : expected.block === 'DEPENDENCY' ? ' blocked' : ''
  const emitted = ['task:updated', ...(completes ? ['task:completed'] : [])].map((e) => `${e} v${version}${reason}`)
  return { task: now, blocker, model: expected, emitted }
}

type Step = Move | { blockerOpen: boolean }

/** Every state that a task can be in, and how to bring it there. `blockerOpen` closes or reopens its blocker. */
export const situations: Record<string, Step[]> = {
  'to do': [{ blockerOpen: false }],
  'in progress': [{ blockerOpen: false }, { verb: 'start' }],
  'manually blocked': [{ blockerOpen: false }, { verb: 'start' }, { verb: 'block' }],
  'manually blocked, with an open blocker': [{ blockerOpen: false }, { verb: 'block' }, { blockerOpen: true }],
  'blocked by its blocker': [],
  'blocked by its blocker, from in progress': [{ blockerOpen: false }, { verb: 'start' }, { blockerOpen: true }],
  completed: [{ blockerOpen: false }, { verb: 'complete' }],
  'completed, with an open blocker': [{ verb: 'complete', force: true }],
  cancelled: [{ blockerOpen: false }, { verb: 'cancel' }],
  'cancelled, with an open blocker': [{ verb: 'cancel' }],
}

/** Creates a task with one blocker, and brings it into a situation. */
export async function createSituation(client: Client, steps: Step[] = [], fields: object = {}): Promise<Situation> {
  const goal = await client.createGoal()
  const blocker = await client.createTask(goal.id)
  const { id } = await client.createTask(goal.id, { dependencies: [blocker.id], ...fields })
  let model: Model = { status: 'BLOCKED', block: 'DEPENDENCY', from: 'TODO', blockerOpen: true }
  for (const step of steps) {
    if ('blockerOpen' in step) {
      await send(client, blocker.id, { verb: step.blockerOpen ? 'reopen' : 'complete' })
      model = afterBlocker(model, step.blockerOpen)
    } else {
      expect((await send(client, id, step)).status).toBe(200)
      model = outcomeOf(step, model) as Model
    }
  }
  const task = await readTask(client, id)
  expect(modelOf(task, model.blockerOpen)).toEqual(model)
  return { task, model, blocker: blocker.id }
}

/** Closes an open blocker or reopens a closed one. Returns the situation afterwards and its expected events. */
export async function toggleBlocker(client: Client, { blocker, model, ...situation }: Situation) {
  const next = afterBlocker(model, !model.blockerOpen)
  await send(client, blocker, { verb: model.blockerOpen ? 'complete' : 'reopen' })
  const task = await readTask(client, situation.task.id)
  expect(modelOf(task, next.blockerOpen)).toEqual(next)
  const reason = next.blockerOpen ? 'blocked' : 'unblocked'
  const emitted = next.status === model.status ? [] : [`task:updated v${task.version} ${reason}`]
  return { task, blocker, model: next, emitted }
}
