import { randomUUID } from 'node:crypto'
import { defaultsOf } from '../../src/entities/field.ts'
import { type Goal, goalDefaults, goalFields } from '../../src/entities/goal.ts'
import { type Task, taskDefaults, taskFields } from '../../src/entities/task.ts'

type NewGoal = Pick<Goal, 'id' | 'userId' | 'title' | keyof typeof goalDefaults>
type NewTask = Pick<Task, 'id' | 'goalId' | 'userId' | 'title' | keyof typeof taskDefaults>

/** Returns the values of a goal to create: a random id and owner, and the defaults. */
export const newGoal = (overrides: Partial<NewGoal> = {}): NewGoal => ({
  ...goalDefaults,
  id: randomUUID(),
  userId: randomUUID(),
  title: 'A goal',
  ...overrides,
})

/** Returns the values of a task to create: a random id, goal and creator, and the defaults. */
export const newTask = (overrides: Partial<NewTask> = {}): NewTask => ({
  ...taskDefaults,
  id: randomUUID(),
  goalId: randomUUID(),
  userId: randomUUID(),
  title: 'A task',
  ...overrides,
})

const createdAt = '2026-01-01T00:00:00.000Z'

/** Returns a goal as it is right after its creation. */
export const goalEntity = (overrides: Partial<Goal> = {}): Goal => ({
  ...defaultsOf(goalFields, ['patch', 'system']),
  ...newGoal(),
  createdAt,
  updatedAt: createdAt,
  ...overrides,
})

/** Returns a task as it is right after its creation by its owner. */
export function taskEntity(overrides: Partial<Task> = {}): Task {
  const created = newTask()
  return {
    ...defaultsOf(taskFields, ['patch', 'system']),
    ...created,
    ownerId: created.userId,
    createdAt,
    updatedAt: createdAt,
    ...overrides,
  }
}
