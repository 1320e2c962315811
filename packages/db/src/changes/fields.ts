import { fieldsWrittenBy, type Goal, goalFields, type Task, taskFields } from '@goals-tasks/events'

/** Fields of a goal by the statement that writes them. An update always writes all of them. */
export const goalWrites = {
  insert: fieldsWrittenBy(goalFields, 'insert'),
  update: fieldsWrittenBy(goalFields, 'update'),
}

const insertTask = fieldsWrittenBy(taskFields, 'insert')
const updateTask = fieldsWrittenBy(taskFields, 'update')

/** Fields of a task by the statement that writes them. An update always writes all of them. */
export const taskWrites = {
  insert: insertTask,
  insertWithEdges: [...insertTask, ...fieldsWrittenBy(taskFields, 'insertWithEdges')],
  update: updateTask,
  updateWithEdges: [...updateTask, ...fieldsWrittenBy(taskFields, 'updateWithEdges')],
}

export type NewGoal = Pick<Goal, (typeof goalWrites.insert)[number]>
export type GoalState = Pick<Goal, (typeof goalWrites.update)[number]>
export type NewTask = Pick<Task, (typeof taskWrites.insert)[number]>
export type DependentTask = Pick<Task, (typeof taskWrites.insertWithEdges)[number]>
export type TaskState = Pick<Task, (typeof taskWrites.update)[number]>
export type TaskWithEdges = Pick<Task, (typeof taskWrites.updateWithEdges)[number]>
