import Type, { type Static } from 'typebox'
import { defaultsOf, entityProperties, field, newProperties, patchProperties } from './field.ts'
import { CalendarDate, Id, Instant, Nullable, stringEnum } from './schemas.ts'
import { description, lifecycle, metadata, priority, tags, title } from './shared-fields.ts'

export const taskStatuses = ['TODO', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED'] as const
export const blockKinds = ['MANUAL', 'DEPENDENCY'] as const
export const TaskStatus = stringEnum(taskStatuses, { title: 'TaskStatus' })

const hours = field(Nullable(Type.Number()), {
  setBy: 'anyone',
  input: Nullable(Type.Number({ minimum: 0, maximum: 999_999.99, multipleOf: 0.01 })),
  default: null,
})

/**
 * Everything about each field of a task, in the order of responses and events. Schemas, columns and defaults derive
 * from it. A new field also needs its column in packages/db/src/schema/tasks.ts and a migration.
 */
export const taskFields = {
  id: field(Id, { setBy: 'creator' }),
  goalId: field(Id, {
    setBy: 'patch',
    input: Type.String({ format: 'uuid', description: 'moves the task into that goal' }),
    writes: ['insert', 'updateWithEdges'],
  }),
  ownerId: field(Type.String({ format: 'uuid', description: "the goal's owner" }), { setBy: 'system' }),
  userId: field(Type.String({ format: 'uuid', description: 'the user who created the task' }), { setBy: 'creator' }),
  assignedTo: field(Nullable(Id), { setBy: 'anyone', default: null }),
  title,
  description,
  status: field(TaskStatus, { setBy: 'patch', default: 'TODO', writes: ['insertWithEdges', 'update'] }),
  blockKind: field(Nullable(stringEnum(blockKinds), { title: 'BlockKind' }), {
    setBy: 'system',
    default: null,
    writes: ['insertWithEdges', 'update'],
  }),
  blockedFrom: field(Nullable(stringEnum(taskStatuses), { title: 'BlockedFrom' }), {
    setBy: 'system',
    default: null,
    writes: ['insertWithEdges', 'update'],
  }),
  priority,
  dueDate: field(Nullable(CalendarDate), { setBy: 'anyone', default: null }),
  dueAt: field(Nullable(Instant), { setBy: 'anyone', default: null }),
  dueZone: field(Nullable(Type.String()), {
    setBy: 'anyone',
    input: Nullable(
      Type.String({ maxLength: 64, description: 'IANA time zone in which `dueAt` was meant, no UTC offset' }),
    ),
    default: null,
  }),
  estimatedHours: hours,
  actualHours: hours,
  dependencies: field(Type.Array(Id, { description: 'the tasks that this one waits for' }), {
    setBy: 'anyone',
    input: Type.Array(Id, { maxItems: 100, description: 'the tasks that this one waits for' }),
    default: [],
    writes: ['insertWithEdges', 'updateWithEdges'],
  }),
  tags,
  metadata,
  ...lifecycle,
}

/** A task in responses and in events. */
export const Task = Type.Object(entityProperties(taskFields), { title: 'Task', additionalProperties: false })
export type Task = Static<typeof Task>

/** Properties of a request for a new task. Optional ones have a default. */
export const newTaskFields = newProperties(taskFields)
/** Properties of a patch of a task, all required. */
export const taskPatchFields = patchProperties(taskFields)
/** Values of a new task in the fields that its creator may leave out. */
export const taskDefaults = defaultsOf(taskFields, ['anyone'])
