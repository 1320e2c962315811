import type { Client } from './client.ts'
import type { PlannedGoal, PlannedTask } from './read-file.ts'

/** What was created, and how long it took. */
export type Loaded = { goalIds: string[]; taskIds: string[]; writes: number; seconds: number }

/** How many requests a load will make. */
export const countWrites = (goals: readonly PlannedGoal[]): number =>
  goals.reduce((sum, goal) => sum + 1 + Number(moves(goal)) + goal.tasks.length + goal.tasks.filter(moves).length, 0)

const moves = ({ status }: PlannedGoal | PlannedTask) => status !== 'ACTIVE' && status !== 'TODO'

/** Loads the goals, `concurrency` of them at once, each in the order in which people would have done it. Rejects with the first refusal. */
export async function loadGoals(
  send: Client,
  goals: readonly PlannedGoal[],
  { concurrency, onWrite }: { concurrency: number; onWrite: (writes: number) => void },
): Promise<Loaded> {
  const loaded = { goalIds: [] as string[], taskIds: [] as string[], writes: 0 }
  const counting: Client = async (...request) => {
    const answer = await send(...request)
    loaded.writes += 1
    onWrite(loaded.writes)
    return answer
  }
  const startedAt = performance.now()
  const queue = goals.values()
  const lane = async () => {
    for (const goal of queue) {
      const { goalId, taskIds } = await loadGoal(counting, goal)
      loaded.goalIds.push(goalId)
      loaded.taskIds.push(...taskIds)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return { ...loaded, seconds: (performance.now() - startedAt) / 1_000 }
}

async function loadGoal(send: Client, goal: PlannedGoal): Promise<{ goalId: string; taskIds: string[] }> {
  const { id: goalId, version } = await send(goal.owner, 'POST', '/v1/goals', goal.body)
  const taskIds: string[] = []
  for (const task of goal.tasks) taskIds.push(await loadTask(send, goal, goalId, task))
  if (goal.status === 'COMPLETED') await send(goal.owner, 'POST', `/v1/goals/${goalId}/complete`)
  else if (moves(goal)) await send(goal.owner, 'PATCH', `/v1/goals/${goalId}`, { status: goal.status, version })
  return { goalId, taskIds }
}

/** The goal's owner plans and decides; who has the task completes it. */
async function loadTask(send: Client, { owner }: PlannedGoal, goalId: string, task: PlannedTask): Promise<string> {
  const { id, version } = await send(owner, 'POST', `/v1/goals/${goalId}/tasks`, task.body)
  if (task.status === 'COMPLETED') await send(task.assignee ?? owner, 'POST', `/v1/tasks/${id}/complete`)
  else if (moves(task)) await send(owner, 'PATCH', `/v1/tasks/${id}`, { status: task.status, version })
  return id
}
