import { randomUUID } from 'node:crypto'
import { userScopes } from '@goals-tasks/http'
import { matrixActors } from '../../src/resource/http/access.ts'
import type { Client } from '../support/client.ts'
import { insertNotification } from '../support/notifications.ts'
import { test as base } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'
import type { ActorName } from './matrix.ts'

/** A client with its token, the same user with the scope `admin`, and a goal, a task and a notification of the user. */
type Actor = Client & { token: string; asAdmin: Client; ownGoal: string; ownTask: string; ownNotification: string }
export type Actors = Record<ActorName, Actor>
export type Fixture = Awaited<ReturnType<typeof createFixture>>

/** A text in every field of the goal that its summary does not show. */
export const goalSecret = 'sesame-of-the-goal'
/** The title of the tasks. */
export const taskSecret = 'sesame-of-the-task'

/** `test` with one user per actor of the matrix, for the whole file, and with a fixture per test. */
export const test = base
  .extend('actors', { scope: 'file' }, ({ api }) => createActors(api))
  .extend('fixture', ({ actors }) => createFixture(actors))

async function createActors(api: TestApp): Promise<Actors> {
  const create = async (name: ActorName) => {
    const id = randomUUID()
    const user = await api.as(id)
    const client = name === 'admin' ? await api.as(id, 'admin') : user
    const own = await user.createGoal()
    const ownTask = (await user.createTask(own.id)).id
    const ownNotification = await insertNotification(api.pool, id)
    const token = await signToken(id, name === 'admin' ? 'admin' : userScopes.join(' '))
    return [
      name,
      { ...client, asAdmin: await api.as(id, 'admin'), token, ownGoal: own.id, ownTask, ownNotification },
    ] as const
  }
  return Object.fromEntries(await Promise.all(matrixActors.map(create))) as Actors
}

/**
 * Creates a goal of the owner with a task by each of the two creators. The assignee has both tasks, and the former
 * assignee had them. A third task is assigned to one creator, who therefore sees the goal.
 */
export async function createFixture(actors: Actors) {
  const { owner, assignee } = actors
  const goal = await owner.createGoal({
    description: goalSecret,
    category: goalSecret,
    tags: [goalSecret],
    metadata: { goalSecret },
  })
  const createTaskBy = async (creator: ActorName) => {
    const task = await actors[creator].asAdmin.createTask(goal.id, {
      title: taskSecret,
      assignedTo: actors['former assignee'].id,
    })
    await owner.patchTask(task.id, { assignedTo: assignee.id })
    return task.id
  }
  const [task, taskByBlindCreator, taskOfCreator] = await Promise.all([
    createTaskBy('creator who sees the goal'),
    createTaskBy('creator who does not'),
    owner.createTask(goal.id, { title: 'To see the goal', assignedTo: actors['creator who sees the goal'].id }),
  ])
  // A test of a route that names an API key, a webhook, a message or a sync run replaces the id.
  const newId = () => String(randomUUID())
  const other = { apiKey: newId(), webhook: newId(), webhookEvent: newId(), syncRun: newId() }
  return { goal: goal.id, task, taskByBlindCreator, taskOfCreator: taskOfCreator.id, ...other }
}

/** Returns the task that this actor requests: a creator requests the one that they created. */
export const taskFor = (fixture: Fixture, actor: ActorName) =>
  actor === 'creator who does not' ? fixture.taskByBlindCreator : fixture.task
