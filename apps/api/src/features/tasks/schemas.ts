import { newTaskFields, taskPatchFields } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { Version } from '../../resource/fields.ts'
import { copiesOf, readOnlyOfTasks } from '../../resource/read-only.ts'

export const NewTask = Type.Object(newTaskFields, {
  title: 'NewTask',
  additionalProperties: false,
  examples: [{ title: 'Book a course', estimatedHours: 0.5, dueDate: '2027-03-01' }],
})
export type NewTask = Static<typeof NewTask>

const Force = Type.Boolean({ description: "completes a blocked task; only for its goal's owner" })

/** The body of `complete`. */
export const Completing = Type.Partial(Type.Object({ force: Force }), {
  title: 'TaskCompletion',
  additionalProperties: false,
})

export const TaskPatch = Type.Partial(
  Type.Object({ ...taskPatchFields, force: Force, version: Version, ...copiesOf(readOnlyOfTasks) }),
  { title: 'TaskPatch', additionalProperties: false, examples: [{ status: 'IN_PROGRESS', actualHours: 0.25 }] },
)
export type TaskPatch = Static<typeof TaskPatch>

/** The path of the tasks of a goal. */
export const TaskGoalParams = Type.Object({ goalId: Type.String({ format: 'uuid' }) })
export const TaskParams = Type.Object({ taskId: Type.String({ format: 'uuid' }) })
export const EdgeParams = Type.Object({
  taskId: Type.String({ format: 'uuid' }),
  blockerId: Type.String({ format: 'uuid', description: 'the blocker' }),
})
