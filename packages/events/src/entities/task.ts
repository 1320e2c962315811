import Type, { type Static } from 'typebox'
import { defaultsOf, entityProperties, field, newProperties, patchProperties } from './field.ts'
import { CalendarDate, exampleIds, Id, Instant, Nullable, stringEnum } from './schemas.ts'
import { description, lifecycle, metadata, priority, tags, title } from './shared-fields.ts'

export const taskStatuses = ['TODO', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED'] as const
export const blockKinds = ['MANUAL', 'DEPENDENCY'] as const
export const TaskStatus = stringEnum(taskStatuses, {
  title: 'TaskStatus',
  description: 'The state of a task. A task is closed when it is COMPLETED or CANCELLED.',
  examples: ['TODO'],
})

const hours = (description: string, example: number | null) =>
  field(Nullable(Type.Number()), {
    setBy: 'anyone',
    description,
    example,
    input: Nullable(Type.Number({ minimum: 0, maximum: 999_999.99, multipleOf: 0.01 })),
    default: null,
  })

/**
 * Everything about each field of a task, in the order of responses and events. Schemas, columns and defaults derive
 * from it. A new field also needs its column in packages/db/src/schema/tasks.ts and a migration.
 */
export const taskFields = {
  id: field(Id, { setBy: 'creator', description: 'The id of the task.', example: exampleIds.task }),
  goalId: field(Id, {
    setBy: 'patch',
    description: 'The goal that the task belongs to. A PATCH moves the task to another goal.',
    example: exampleIds.goal,
    writes: ['insert', 'updateWithEdges'],
  }),
  ownerId: field(Id, { setBy: 'system', description: 'The owner of the goal.', example: exampleIds.user }),
  userId: field(Id, { setBy: 'creator', description: 'The user who created the task.', example: exampleIds.user }),
  assignedTo: field(Nullable(Id), {
    setBy: 'anyone',
    description: 'The user who works on the task, or null.',
    example: null,
    default: null,
  }),
  title: field(title.schema, { ...title, example: 'Book a course' }),
  description: field(description.schema, { ...description, example: 'The one at the harbour.' }),
  status: field(TaskStatus, { setBy: 'patch', default: 'TODO', writes: ['insertWithEdges', 'update'] }),
  blockKind: field(
    Nullable(stringEnum(blockKinds), {
      title: 'BlockKind',
      description:
        'The reason of the status BLOCKED: a user blocked the task (MANUAL), or it waits for tasks in `dependencies` ' +
        '(DEPENDENCY). Null in any other status.',
      examples: [null],
    }),
    { setBy: 'system', default: null, writes: ['insertWithEdges', 'update'] },
  ),
  blockedFrom: field(
    Nullable(stringEnum(taskStatuses), {
      title: 'BlockedFrom',
      description: 'The status to which the task returns when the block ends. Null unless the status is BLOCKED.',
      examples: [null],
    }),
    { setBy: 'system', default: null, writes: ['insertWithEdges', 'update'] },
  ),
  priority,
  dueDate: field(Nullable(CalendarDate), {
    setBy: 'anyone',
    description: 'The day on which the task is due, or null. A task has `dueDate` or `dueAt`, not both.',
    example: '2027-03-01',
    default: null,
  }),
  dueAt: field(Nullable(Instant), {
    setBy: 'anyone',
    description: 'The instant at which the task is due, or null. Responses have it in UTC.',
    example: null,
    default: null,
  }),
  dueZone: field(Nullable(Type.String()), {
    setBy: 'anyone',
    description: 'The IANA time zone in which `dueAt` was meant, such as Europe/Berlin, or null. It is no UTC offset.',
    example: null,
    input: Nullable(Type.String({ maxLength: 64 })),
    default: null,
  }),
  estimatedHours: hours('The estimated work in hours, or null.', 0.5),
  actualHours: hours('The work so far in hours, or null.', null),
  dependencies: field(Type.Array(Id), {
    setBy: 'anyone',
    description: 'The tasks that this one waits for: its blockers.',
    example: [],
    input: Type.Array(Id, { maxItems: 100 }),
    default: [],
    writes: ['insertWithEdges', 'updateWithEdges'],
  }),
  tags,
  metadata,
  ...lifecycle,
}

/** A task in responses and in events. */
export const Task = Type.Object(entityProperties(taskFields), {
  title: 'Task',
  description: 'A task with all its fields.',
  additionalProperties: false,
})
export type Task = Static<typeof Task>

/** Properties of a request for a new task. Optional ones have a default. */
export const newTaskFields = newProperties(taskFields)
/** Properties of a patch of a task, all required. */
export const taskPatchFields = patchProperties(taskFields)
/** Values of a new task in the fields that its creator may leave out. */
export const taskDefaults = defaultsOf(taskFields, ['anyone'])
