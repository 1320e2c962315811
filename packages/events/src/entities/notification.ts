import Type, { type Static } from 'typebox'
import { Id, Instant, Nullable, stringEnum } from './schemas.ts'

const kinds = ['task-assigned', 'task-completed', 'goal-completed'] as const

/** A notification: one recipient, one event, one channel. */
export const Notification = Type.Object(
  {
    id: Id,
    userId: Type.String({ format: 'uuid', description: 'the recipient' }),
    kind: stringEnum(kinds),
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
