import type { Goal, Task } from '@goals-tasks/events'

/** What a creator says of a goal; everything else has a default. */
export const newGoalFields = [
  'id',
  'userId',
  'title',
  'description',
  'priority',
  'targetDate',
  'category',
  'tags',
  'metadata',
] as const
/** What a change of a goal may touch; it is always written whole. */
export const goalFields = [
  'title',
  'description',
  'status',
  'priority',
  'targetDate',
  'category',
  'tags',
  'metadata',
] as const
export const newTaskFields = [
  'id',
  'goalId',
  'userId',
  'assignedTo',
  'title',
  'description',
  'priority',
  'dueDate',
  'dueAt',
  'dueZone',
  'estimatedHours',
  'actualHours',
  'tags',
  'metadata',
] as const
/** A task that waits for others from the first. */
export const dependentTaskFields = [...newTaskFields, 'dependencies', 'status', 'blockKind', 'blockedFrom'] as const
/** What a change of a task alone may touch; it is always written whole. */
export const taskFields = [
  'assignedTo',
  'title',
  'description',
  'status',
  'blockKind',
  'blockedFrom',
  'priority',
  'dueDate',
  'dueAt',
  'dueZone',
  'estimatedHours',
  'actualHours',
  'tags',
  'metadata',
] as const
/** What a change of a task may touch that concerns other rows too. */
export const taskWithEdgesFields = [...taskFields, 'goalId', 'dependencies'] as const

export type NewGoal = Pick<Goal, (typeof newGoalFields)[number]>
export type GoalState = Pick<Goal, (typeof goalFields)[number]>
export type NewTask = Pick<Task, (typeof newTaskFields)[number]>
export type DependentTask = Pick<Task, (typeof dependentTaskFields)[number]>
export type TaskState = Pick<Task, (typeof taskFields)[number]>
export type TaskWithEdges = Pick<Task, (typeof taskWithEdgesFields)[number]>
