import { randomUUID } from 'node:crypto'
import { userScopes } from '@goals-tasks/http'
import { type Client, signToken, type startTestApp } from '../support/test-app.ts'
import { type ActorName, matrixActors } from './matrix.ts'

type Api = Awaited<ReturnType<typeof startTestApp>>
export type Cast = Awaited<ReturnType<typeof createCast>>
export type Scene = Awaited<ReturnType<typeof setScene>>

/** Stands in every field of the goal that a header does not show. */
export const goalSecret = 'sesame-of-the-goal'
/** Stands in the tasks. */
export const taskSecret = 'sesame-of-the-task'

/** One user per actor, each with a task of their own that they may wait for, in a goal of their own. */
export async function createCast(api: Api) {
  const make = async (name: ActorName) => {
    const id = randomUUID()
    const user = await api.as(id)
    const client = name === 'admin' ? await api.as(id, 'admin') : user
    const own = await user.goal()
    const ownTask = (await user.task(own.id)).id
    const token = await signToken(id, name === 'admin' ? 'admin' : userScopes.join(' '))
    return [name, { ...client, asAdmin: await api.as(id, 'admin'), token, ownGoal: own.id, ownTask }] as const
  }
  return Object.fromEntries(await Promise.all(matrixActors.map(make))) as Record<ActorName, Actor>
}

/** A client, its token, the same user with the scope `admin`, and what is theirs alone. */
type Actor = Client & { token: string; asAdmin: Client; ownGoal: string; ownTask: string }

/** The owner's goal, with a task by each of the creators: both are the assignee's, once were the former assignee's. */
export async function setScene(cast: Cast) {
  const { owner, assignee } = cast
  const goal = await owner.goal({
    description: goalSecret,
    category: goalSecret,
    tags: [goalSecret],
    metadata: { goalSecret },
  })
  const taskBy = async (creator: ActorName) => {
    const task = await cast[creator].asAdmin.task(goal.id, {
      title: taskSecret,
      assignedTo: cast['former assignee'].id,
    })
    await owner.patch(`/v1/tasks/${task.id}`, { assignedTo: assignee.id }, { 'if-match': '*' })
    return task.id
  }
  const [bySeeing, byBlind, seeing] = await Promise.all([
    taskBy('creator who sees the goal'),
    taskBy('creator who does not'),
    owner.task(goal.id, { title: 'To see the goal', assignedTo: cast['creator who sees the goal'].id }),
  ])
  return { goal: goal.id, bySeeing, byBlind, seeing: seeing.id }
}

/** Which of the two tasks is asked for. */
export const taskFor = (scene: Scene, actor: ActorName) =>
  actor === 'creator who does not' ? scene.byBlind : scene.bySeeing
