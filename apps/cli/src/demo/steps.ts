import type { Client } from './client.ts'
import { type Found, unfinished } from './find.ts'
import type { PlannedGoal, PlannedTask } from './plan.ts'

/** What one load works with: what is there already, and what it adds to that. */
export type Load = Found & { call: Client }

/** How many requests that write it takes to load all of these. */
export const countWrites = (goals: readonly PlannedGoal[]): number =>
  goals.reduce((sum, { tasks }) => sum + 2 + tasks.reduce((some, task) => some + writesOf(task), 0), 0)

const writesOf = (task: PlannedTask) => 1 + Number(startsFirst(task) || verbOf(task) !== null) + task.waitsLater.length

/** Its owner writes down a goal with its tasks, and what these wait for within it. */
export async function planGoal(load: Load, goal: PlannedGoal): Promise<void> {
  const { externalId, owner, body } = goal
  if (!load.goals.has(externalId)) {
    const content = { once: [externalId], body: { ...body, metadata: { ...body.metadata, ...unfinished } } }
    const { id } = await load.call<{ id: string }>(owner, 'POST', '/v1/goals', content)
    load.goals.set(externalId, { id, owner, unfinished: true })
  }
  for (const task of goal.tasks) await planTask(load, `/v1/goals/${goalOf(load, externalId).id}`, task)
}

async function planTask(load: Load, goalPath: string, task: PlannedTask): Promise<void> {
  const { externalId, owner, body } = task
  if (!load.tasks.has(externalId)) {
    const dependencies = task.waitsAtFirst.map((blocker) => taskOf(load, blocker).id)
    const content = { once: [goalPath, externalId], body: { ...body, dependencies } }
    load.tasks.set(externalId, await load.call(owner, 'POST', `${goalPath}/tasks`, content))
  }
  const { id, status } = taskOf(load, externalId)
  // Beside another load it may be blocked by now; then this must be known to have happened.
  if (startsFirst(task) && status === 'TODO')
    await load.call(workerOn(task), 'POST', `/v1/tasks/${id}/start`, { once: [id, 'start'] })
}

/** Its owner finds that a task has to wait for more than it did at first. */
export async function waitLater(load: Load, task: PlannedTask): Promise<void> {
  const { id } = taskOf(load, task.externalId)
  for (const blocker of task.waitsLater)
    await load.call(task.owner, 'PUT', `/v1/tasks/${id}/dependencies/${taskOf(load, blocker).id}`)
}

/** Whoever has a task takes it to its state; what still waits for something only its owner can complete. */
export async function moveTask(load: Load, task: PlannedTask): Promise<void> {
  const verb = verbOf(task)
  if (verb === null) return
  const forced = verb === 'complete' && task.waits
  const by = forced ? task.owner : workerOn(task)
  await load.call(
    by,
    'POST',
    `/v1/tasks/${taskOf(load, task.externalId).id}/${verb}`,
    forced ? { body: { force: true } } : {},
  )
}

/** Takes a goal to its state and keeps the tasks that are still open. From here on it is its owner's. */
export async function finishGoal(load: Load, { externalId, owner, status }: PlannedGoal): Promise<void> {
  const closes = status === 'COMPLETED' || status === 'CANCELLED'
  const body = { status, ...(closes && { openTasks: 'keep' }), metadata: { loading: null } }
  await load.call(owner, 'PATCH', `/v1/goals/${goalOf(load, externalId).id}`, { body, overwrite: true })
}

const startsFirst = (task: PlannedTask) => task.waits && task.status === 'IN_PROGRESS'

function verbOf({ status, waits }: PlannedTask): 'complete' | 'cancel' | 'start' | 'block' | null {
  if (status === 'COMPLETED') return 'complete'
  if (status === 'CANCELLED') return 'cancel'
  if (waits || status === 'TODO') return null
  return status === 'IN_PROGRESS' ? 'start' : 'block'
}

const workerOn = ({ assignee, owner }: PlannedTask) => assignee ?? owner

export const goalOf = ({ goals }: Found, externalId: string) => present(goals.get(externalId), 'goal', externalId)
export const taskOf = ({ tasks }: Found, externalId: string) => present(tasks.get(externalId), 'task', externalId)

function present<T>(found: T | undefined, kind: string, externalId: string): T {
  if (found === undefined) throw new Error(`the ${kind} ${externalId} was loaded once and is gone for good`)
  return found
}
