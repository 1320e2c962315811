import { CalendarDate, Id, Instant, Nullable, stringEnum, taskStatuses } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { Description, Metadata, Priority, Tags, Title, Version } from '../../resource/fields.ts'

const Hours = Nullable(Type.Number({ minimum: 0, maximum: 999_999.99, multipleOf: 0.01 }))

const Dependencies = Type.Array(Id, { maxItems: 100, description: 'the tasks that this one waits for' })

const writable = {
  assignedTo: Nullable(Id),
  description: Description,
  priority: Priority,
  dueDate: Nullable(CalendarDate),
  dueAt: Nullable(Instant),
  dueZone: Nullable(Type.String({ maxLength: 64, description: 'IANA time zone in which `dueAt` was meant' })),
  estimatedHours: Hours,
  actualHours: Hours,
  tags: Tags,
  metadata: Metadata,
}

export const NewTask = Type.Object(
  { title: Title, ...Type.Partial(Type.Object({ ...writable, dependencies: Dependencies })).properties },
  { additionalProperties: false, examples: [{ title: 'Book a course', estimatedHours: 0.5, dueDate: '2027-03-01' }] },
)
export type NewTask = Static<typeof NewTask>

const Force = Type.Boolean({ description: "completes a blocked task; only for its goal's owner" })

/** The body of `complete`. */
export const Completing = Type.Partial(Type.Object({ force: Force }), { additionalProperties: false })

export const TaskPatch = Type.Partial(
  Type.Object({
    title: Title,
    status: stringEnum(taskStatuses),
    goalId: Type.String({ format: 'uuid', description: 'moves the task into that goal' }),
    ...writable,
    dependencies: Dependencies,
    force: Force,
    version: Version,
  }),
  { additionalProperties: false, examples: [{ status: 'IN_PROGRESS', actualHours: 0.25 }] },
)
export type TaskPatch = Static<typeof TaskPatch>

/** The path of the tasks of a goal. */
export const TaskGoalParams = Type.Object({ goalId: Type.String({ format: 'uuid' }) })
export const TaskParams = Type.Object({ taskId: Type.String({ format: 'uuid' }) })
export const EdgeParams = Type.Object({
  taskId: Type.String({ format: 'uuid' }),
  blockerId: Type.String({ format: 'uuid', description: 'the blocker' }),
})
