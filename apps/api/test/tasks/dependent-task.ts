import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { blockedByDependency } from '../support/task-states.ts'

/** Creates a task in progress and blocks it by a task of another goal. `goal` is the goal of the blocker. */
export async function createDependent(client: Client) {
  const [here, there] = await Promise.all([client.createGoal(), client.createGoal()])
  const [task, blocker] = await Promise.all([client.createTask(here.id), client.createTask(there.id)])
  await client.actOnTask(task.id, 'start')
  expect((await client.addDependency(task.id, blocker.id)).body).toMatchObject({
    ...blockedByDependency('IN_PROGRESS'),
    version: 3,
  })
  return { task: task.id, blocker: blocker.id, goal: there.id }
}
