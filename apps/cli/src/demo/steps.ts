import type { Client } from './client.ts'
import { type Found, unfinished } from './find.ts'
import type { PlannedGoal, PlannedTask } from './planned.ts'

/** The state of one load: the entities that exist, and the client to create others. */
export type Load = Found & { call: Client }

/** Returns the number of writes that a load of these goals needs when none of them exists. */
export const countWrites = (goals: readonly PlannedGoal[]): number =>
  goals.reduce((sum, { tasks }) => sum + 2 + tasks.reduce((some, task) => some + writesOf(task), 0), 0)

const writesOf = (task: PlannedTask) =>
  1 + Number(startsFirst(task) || verbOf(task) !== null) + task.laterDependencies.length

/** Creates a goal with its tasks and their first dependencies, as the owner. */
export async function createGoal(load: Load, goal: PlannedGoal): Promise<void> {
  const { externalId, owner, body } = goal
  if (!load.goals.has(externalId)) {
    const content = { idempotencyKey: [externalId], body: { ...body, metadata: { ...body.metadata, ...unfinished } } }
    const { id } = await load.call<{ id: string }>(owner, 'POST', '/v1/goals', content)
    load.goals.set(externalId, { id, owner, unfinished: true })
  }
  for (const task of goal.tasks) await createTask(load, `/v1/goals/${goalOf(load, externalId).id}`, task)
}

async function createTask(load: Load, goalPath: string, task: PlannedTask): Promise<void> {
  const { externalId, owner, body } = task
  if (!load.tasks.has(externalId)) {
    const dependencies = task.firstDependencies.map((blocker) => taskOf(load, blocker).id)
    const content = { idempotencyKey: [goalPath, externalId], body: { ...body, dependencies } }
    load.tasks.set(externalId, await load.call(owner, 'POST', `${goalPath}/tasks`, content))
  }
  const { id, status } = taskOf(load, externalId)
  // Another load may have started and blocked the task already. The idempotency key covers that case.
  if (startsFirst(task) && status === 'TODO')
    await load.call(workerOn(task), 'POST', `/v1/tasks/${id}/start`, { idempotencyKey: [id, 'start'] })
}

/** Adds the dependencies that a task did not have at its creation, as the owner. */
export async function addDependencies(load: Load, task: PlannedTask): Promise<void> {
  const { id } = taskOf(load, task.externalId)
  for (const blocker of task.laterDependencies)
    await load.call(task.owner, 'PUT', `/v1/tasks/${id}/dependencies/${taskOf(load, blocker).id}`)
}

/** Moves a task to its status, as its assignee. Only the owner can complete a task with an open dependency. */
export async function moveTask(load: Load, task: PlannedTask): Promise<void> {
  const verb = verbOf(task)
  if (verb === null) return
  const isForced = verb === 'complete' && task.hasOpenDependency
  const actor = isForced ? task.owner : workerOn(task)
  const path = `/v1/tasks/${taskOf(load, task.externalId).id}/${verb}`
  await load.call(actor, 'POST', path, isForced ? { body: { force: true } } : {})
}

/** Moves a goal to its status without its open tasks, and removes its loading flag. */
export async function finishGoal(load: Load, { externalId, owner, status }: PlannedGoal): Promise<void> {
  const closes = status === 'COMPLETED' || status === 'CANCELLED'
  const body = { status, ...(closes && { openTasks: 'keep' }), metadata: { loading: null } }
  await load.call(owner, 'PATCH', `/v1/goals/${goalOf(load, externalId).id}`, { body, anyVersion: true })
}

/** An IN_PROGRESS task with an open dependency is started before it gets its dependencies. */
const startsFirst = (task: PlannedTask) => task.hasOpenDependency && task.status === 'IN_PROGRESS'

function verbOf({ status, hasOpenDependency }: PlannedTask): 'complete' | 'cancel' | 'start' | 'block' | null {
  if (status === 'COMPLETED') return 'complete'
  if (status === 'CANCELLED') return 'cancel'
  if (hasOpenDependency || status === 'TODO') return null
  return status === 'IN_PROGRESS' ? 'start' : 'block'
}

const workerOn = ({ assignee, owner }: PlannedTask) => assignee ?? owner

export const goalOf = ({ goals }: Found, externalId: string) => requireFound(goals.get(externalId), 'goal', externalId)
export const taskOf = ({ tasks }: Found, externalId: string) => requireFound(tasks.get(externalId), 'task', externalId)

function requireFound<T>(found: T | undefined, kind: string, externalId: string): T {
  if (found === undefined) throw new Error(`the ${kind} ${externalId} was loaded earlier and has been purged since`)
  return found
}
