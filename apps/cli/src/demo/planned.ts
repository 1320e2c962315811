import type { Goal, Task } from '@goals-tasks/events'

/** A goal to load. `body` creates it, and `status` is the status at the end of the load. */
export type PlannedGoal = {
  externalId: string
  owner: string
  status: Goal['status']
  body: { metadata: object }
  /** Ordered so that each task follows its dependencies in the same goal. */
  tasks: PlannedTask[]
}

/** A task to load. Dependencies are external ids. */
export type PlannedTask = {
  externalId: string
  owner: string
  assignee: string | null
  body: object
  /** The status in the file. */
  status: Task['status']
  /** The status at the end of the load: BLOCKED instead of an open status when a dependency stays open. */
  finalStatus: Task['status']
  hasOpenDependency: boolean
  /** Dependencies that the task has from its creation on. */
  firstDependencies: string[]
  /** Dependencies that are added when every task exists. */
  laterDependencies: string[]
  /** Length of the longest chain of dependencies. Tasks of a lower level are moved to their status first. */
  level: number
}
