import type { Client } from './client.ts'
import { findGoals, findTasks } from './find.ts'
import { inLanes } from './lanes.ts'
import type { PlannedGoal } from './plan.ts'
import { finishGoal, goalOf, type Load, moveTask, planGoal, taskOf, waitLater } from './steps.ts'

/** All goals of the file, and what this load answers for: `edges` are pairs of a task and one that it waits for. */
export type Loaded = {
  goalIds: string[]
  goalsLeftAsTheyAre: number
  tasks: { id: string; endsAs: string }[]
  edges: { taskId: string; blockerId: string }[]
}

/**
 * Loads what is not there yet in the order in which people would have come to it, `lanes` requests at once. It may be cut
 * short, repeated at any time and run beside itself: what was created is found again by its external id, a creation bears a key
 * for as long as another load may not have found it, and whatever else is sent changes nothing the second time. What an
 * earlier load has finished is left as it is. Rejects with the first refusal.
 */
export async function loadGoals(call: Client, all: readonly PlannedGoal[], lanes: number): Promise<Loaded> {
  const owners = [...new Set(all.map((goal) => goal.owner))]
  const found = await findGoals(call, owners, new Set(all.map((goal) => goal.externalId)), lanes)
  const goals = all.filter(({ externalId }) => found.get(externalId)?.unfinished ?? true)
  // Those of finished goals as well: a task of another goal may wait for them.
  const load: Load = { call, goals: found, tasks: goals.length === 0 ? new Map() : await findTasks(call, found, lanes) }

  await inLanes(lanes, goals, (goal) => planGoal(load, goal))
  const tasks = goals.flatMap((goal) => goal.tasks)
  await inLanes(lanes, tasks, (task) => waitLater(load, task))
  const byLevel = Map.groupBy(tasks, (task) => task.level)
  for (const level of [...byLevel.keys()].sort((a, b) => a - b))
    await inLanes(lanes, byLevel.get(level) ?? [], (task) => moveTask(load, task))
  await inLanes(lanes, goals, (goal) => finishGoal(load, goal))

  const idOf = (externalId: string) => taskOf(load, externalId).id
  return {
    goalIds: all.map(({ externalId }) => goalOf(load, externalId).id),
    goalsLeftAsTheyAre: all.length - goals.length,
    tasks: tasks.map(({ externalId, endsAs }) => ({ id: idOf(externalId), endsAs })),
    edges: tasks.flatMap(({ externalId, waitsAtFirst, waitsLater }) =>
      [...waitsAtFirst, ...waitsLater].map((blocker) => ({ taskId: idOf(externalId), blockerId: idOf(blocker) })),
    ),
  }
}
