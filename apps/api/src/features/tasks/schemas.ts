import { annotated, exampleIds, Id, newTaskFields, Task, TaskStatus, taskPatchFields } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { capabilitiesSchema } from '../../resource/capabilities.ts'
import { exampleOf, Version } from '../../resource/fields.ts'
import { copiesOf, readOnlyOfTasks } from '../../resource/read-only.ts'
import { taskVerbs } from './states.ts'

export const NewTask = Type.Object(newTaskFields, {
  title: 'NewTask',
  description: 'The fields of a new task. A field that is left out has its default.',
  additionalProperties: false,
  examples: [exampleOf(newTaskFields)],
})
export type NewTask = Static<typeof NewTask>

const Force = Type.Boolean({
  description: 'Completes a blocked task, instead of 409. Only the owner of the goal may send it.',
  examples: [true],
})

/** The body of `complete`. */
export const Completing = Type.Partial(Type.Object({ force: Force }), {
  title: 'TaskCompletion',
  description: 'How a task completes.',
  additionalProperties: false,
  examples: [{ force: true }],
})

export const TaskPatch = Type.Partial(
  Type.Object({ ...taskPatchFields, force: Force, version: Version, ...copiesOf(readOnlyOfTasks) }),
  {
    title: 'TaskPatch',
    description: 'The fields to change, as a merge patch. Read-only fields may come with their current values.',
    additionalProperties: false,
    examples: [{ status: 'IN_PROGRESS', actualHours: 0.25 }],
  },
)
export type TaskPatch = Static<typeof TaskPatch>

/** The path of the tasks of a goal. */
export const TaskGoalParams = Type.Object({ goalId: annotated(Id, 'The id of the goal.', exampleIds.goal) })
const taskId = annotated(Id, 'The id of the task.', exampleIds.task)
export const TaskParams = Type.Object({ taskId })
export const EdgeParams = Type.Object({
  taskId,
  blockerId: annotated(Id, 'The id of the task that the other one waits for.', exampleIds.blocker),
})

const TaskCapabilities = capabilitiesSchema('Task', taskVerbs, {
  to: TaskStatus,
  codes: ['deleted', 'invalid-transition', 'task-blocked'],
  extra: {
    blockers: Type.Optional(
      Type.Array(Id, {
        description: 'The open tasks that this one waits for, beside the code `task-blocked`.',
        examples: [[exampleIds.blocker]],
      }),
    ),
  },
})

/** A task with the member that `include=` adds. */
export const TaskView = Type.Object(
  { ...Task.properties, capabilities: Type.Optional(TaskCapabilities) },
  {
    title: 'TaskView',
    description: 'A task with the members that `include` names.',
  },
)
