import Type, { type Static } from 'typebox'

/** A UUID in its canonical, lower-case form. */
export const Id = Type.String({ format: 'uuid' })
/** RFC 3339, UTC, milliseconds. */
export const Instant = Type.String({ format: 'date-time' })
/** A day without time or zone, `YYYY-MM-DD`. */
export const CalendarDate = Type.String({ format: 'date' })
export const Nullable = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])

export const goalStatuses = ['ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED'] as const
export const taskStatuses = ['TODO', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED', 'CANCELLED'] as const
/** In ascending order: a sort by priority follows it. */
export const priorities = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const
export const blockKinds = ['MANUAL', 'DEPENDENCY'] as const

/** One of `values`, as plain JSON Schema: `type` and `enum` in one place, which generated clients understand best. */
export const stringEnum = <const V extends readonly string[]>(values: V) =>
  Type.Unsafe<V[number]>({ type: 'string', enum: [...values] })

const Tags = Type.Array(Type.String())
const Metadata = Type.Record(Type.String(), Type.Unknown())

/** A goal as it stands in answers and in events alike. */
export const Goal = Type.Object(
  {
    id: Id,
    userId: Type.String({ format: 'uuid', description: 'the owner' }),
    title: Type.String(),
    description: Nullable(Type.String()),
    status: stringEnum(goalStatuses),
    priority: stringEnum(priorities),
    targetDate: Nullable(CalendarDate),
    category: Nullable(Type.String()),
    tags: Tags,
    metadata: Metadata,
    createdAt: Instant,
    updatedAt: Instant,
    completedAt: Nullable(Instant),
    deletedAt: Nullable(Instant),
    version: Type.Integer({ description: 'rises by one per committed change; the ETag' }),
  },
  { title: 'Goal', additionalProperties: false },
)
export type Goal = Static<typeof Goal>

/** A task as it stands in answers and in events alike. */
export const Task = Type.Object(
  {
    id: Id,
    goalId: Id,
    ownerId: Type.String({ format: 'uuid', description: "the goal's owner" }),
    userId: Type.String({ format: 'uuid', description: 'who created the task' }),
    assignedTo: Nullable(Id),
    title: Type.String(),
    description: Nullable(Type.String()),
    status: stringEnum(taskStatuses),
    blockKind: Nullable(stringEnum(blockKinds)),
    blockedFrom: Nullable(stringEnum(taskStatuses)),
    priority: stringEnum(priorities),
    dueDate: Nullable(CalendarDate),
    dueAt: Nullable(Instant),
    dueZone: Nullable(Type.String()),
    estimatedHours: Nullable(Type.Number()),
    actualHours: Nullable(Type.Number()),
    dependencies: Type.Array(Id, { description: 'the tasks that this one waits for' }),
    tags: Tags,
    metadata: Metadata,
    createdAt: Instant,
    updatedAt: Instant,
    completedAt: Nullable(Instant),
    deletedAt: Nullable(Instant),
    version: Type.Integer({ description: 'rises by one per committed change; the ETag' }),
  },
  { title: 'Task', additionalProperties: false },
)
export type Task = Static<typeof Task>

export const notificationKinds = ['task-assigned', 'task-completed', 'goal-completed'] as const

/** What one recipient was told about one event over one channel. */
export const Notification = Type.Object(
  {
    id: Id,
    userId: Type.String({ format: 'uuid', description: 'the recipient' }),
    kind: stringEnum(notificationKinds),
    channel: stringEnum(['in-app'] as const),
    eventId: Id,
    subjectType: stringEnum(['goal', 'task'] as const),
    subjectId: Id,
    title: Type.String(),
    actorId: Id,
    createdAt: Instant,
    readAt: Nullable(Instant),
  },
  { title: 'Notification', additionalProperties: false },
)
export type Notification = Static<typeof Notification>

/** One full synchronisation towards the outside. */
export const SyncRun = Type.Object(
  { id: Id, userId: Id, createdAt: Instant },
  { title: 'SyncRun', additionalProperties: false },
)
