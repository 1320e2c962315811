import Type, { type Static } from 'typebox'
import { annotated, exampleIds, Id, Instant, Nullable, stringEnum } from './schemas.ts'

/** In the order of the preferences. */
export const notificationKinds = [
  ...(['task-assigned', 'task-unassigned', 'task-completed'] as const),
  ...(['task-blocked', 'task-unblocked', 'goal-completed'] as const),
  ...(['task-due-soon', 'task-overdue'] as const),
  ...(['webhook-degraded', 'webhook-suspended', 'webhook-disabled', 'webhook-healthy'] as const),
] as const

/** The reason of a notification. */
export const NotificationKind = stringEnum(notificationKinds, {
  title: 'NotificationKind',
  description: 'The reason of a notification.',
  examples: ['task-assigned'],
})
export type NotificationKind = Static<typeof NotificationKind>

export const notificationSubjects = ['goal', 'task', 'webhook'] as const
export type NotificationSubject = (typeof notificationSubjects)[number]

export const notificationChannels = ['in-app', 'email'] as const

export const NotificationChannel = stringEnum(notificationChannels, {
  title: 'NotificationChannel',
  description: 'The way by which a notification reaches its recipient.',
  examples: ['in-app'],
})

const exampleInstant = '2027-01-04T09:30:00.000Z'

/** A notification: one recipient, one event, one channel. */
export const Notification = Type.Object(
  {
    id: annotated(Id, 'The id of the notification.', exampleIds.notification),
    userId: annotated(Id, 'The recipient.', exampleIds.assignee),
    kind: NotificationKind,
    channel: NotificationChannel,
    eventId: annotated(Id, 'The event that caused the notification.', exampleIds.event),
    subjectType: stringEnum(notificationSubjects, {
      title: 'NotificationSubject',
      description: 'The kind of entity that the notification is about.',
      examples: ['task'],
    }),
    subjectId: annotated(Id, 'The id of that goal, task or webhook.', exampleIds.task),
    title: annotated(
      Type.String(),
      'The title of that goal or task as of the event, or the description or host of that webhook.',
      'Book a course',
    ),
    /** Absent in events from before this field existed. */
    text: Type.Optional(
      annotated(
        Type.String(),
        'The change, as one sentence in English. Empty in notifications of earlier versions of this service.',
        'You were assigned the task “Book a course”.',
      ),
    ),
    actorId: annotated(
      Id,
      'The user who made the change. The nil UUID in a reminder and about a webhook, because no user makes it.',
      exampleIds.user,
    ),
    createdAt: annotated(Instant, 'The instant of the notification, in UTC.', exampleInstant),
    readAt: Nullable(Instant, {
      description: 'The instant at which the recipient read it, in UTC, or null.',
      examples: [null],
    }),
    archivedAt: Nullable(Instant, {
      description: 'The instant at which the recipient archived it, in UTC, or null.',
      examples: [null],
    }),
  },
  { title: 'Notification', description: 'A notification of one user.', additionalProperties: false },
)
export type Notification = Static<typeof Notification>
