import pMap from 'p-map'
import type { Client } from './client.ts'
import { findGoals, findTasks } from './find.ts'
import type { PlannedGoal, PlannedTask } from './planned.ts'
import { addDependencies, createGoal, finishGoal, goalOf, type Load, moveTask, taskOf } from './steps.ts'

/**
 * The result of a load. `goalIds` are all goals of the file. `tasks` and `edges` are only those of the goals that this
 * load worked on. An edge is a task and one of its dependencies.
 */
export type LoadResult = {
  goalIds: string[]
  goalsLeftAsTheyAre: number
  tasks: { id: string; finalStatus: string }[]
  edges: { taskId: string; blockerId: string }[]
}

/**
 * Loads the goals and tasks that do not exist yet, with `concurrency` requests at a time. Rejects with the first
 * refusal.
 *
 * A load may be interrupted, repeated at any time and run beside another load. It finds existing entities by their
 * external ids. A creation has an idempotency key, because another load may create the same entity at the same time.
 * All other requests change nothing when they are repeated. A goal that an earlier load finished stays as it is.
 */
export async function loadGoals(call: Client, all: readonly PlannedGoal[], concurrency: number): Promise<LoadResult> {
  const owners = [...new Set(all.map((goal) => goal.owner))]
  const externalIds = new Set(all.map((goal) => goal.externalId))
  const found = await findGoals(call, owners, { externalIds, concurrency })
  const goals = all.filter(({ externalId }) => found.get(externalId)?.unfinished ?? true)
  // The tasks of finished goals count as well, because a task of another goal may depend on them.
  const foundTasks = goals.length === 0 ? new Map() : await findTasks(call, found, concurrency)
  const load: Load = { call, goals: found, tasks: foundTasks }
  const tasks = goals.flatMap((goal) => goal.tasks)

  await pMap(goals, (goal) => createGoal(load, goal), { concurrency })
  await pMap(tasks, (task) => addDependencies(load, task), { concurrency })
  for (const level of levelsOf(tasks)) await pMap(level, (task) => moveTask(load, task), { concurrency })
  await pMap(goals, (goal) => finishGoal(load, goal), { concurrency })

  const idOf = (externalId: string) => taskOf(load, externalId).id
  return {
    goalIds: all.map(({ externalId }) => goalOf(load, externalId).id),
    goalsLeftAsTheyAre: all.length - goals.length,
    tasks: tasks.map(({ externalId, finalStatus }) => ({ id: idOf(externalId), finalStatus })),
    edges: tasks.flatMap(({ externalId, firstDependencies, laterDependencies }) =>
      [...firstDependencies, ...laterDependencies].map((blocker) => ({
        taskId: idOf(externalId),
        blockerId: idOf(blocker),
      })),
    ),
  }
}

/** Groups the tasks by level, the lowest first. The dependencies of a task have lower levels. */
function levelsOf(tasks: readonly PlannedTask[]): PlannedTask[][] {
  const byLevel = Map.groupBy(tasks, (task) => task.level)
  return [...byLevel].sort(([a], [b]) => a - b).map(([, level]) => level)
}
