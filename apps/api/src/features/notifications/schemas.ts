import { annotated, exampleIds, Id, Notification, NotificationKind } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { listOf, paging } from '../../resource/lists/query.ts'

const { text, ...properties } = Notification.properties

/** A notification in responses. */
export const ListedNotification = Type.Object(
  {
    ...properties,
    text: Type.String({ ...text }),
    link: annotated(Type.String(), 'The address of the goal, task or webhook.', `/v1/tasks/${exampleIds.task}`),
  },
  { title: 'Notification', description: 'A notification in the inbox of its recipient.' },
)

export const NotificationParams = Type.Object({
  notificationId: annotated(Id, 'The id of the notification.', exampleIds.notification),
})

export const InboxQuery = Type.Object(
  {
    ...paging,
    unread: Type.Optional(
      Type.Boolean({ description: 'With `true`, only the unread notifications are listed.', examples: [true] }),
    ),
    archived: Type.Optional(
      Type.Boolean({
        description: 'With `true`, the archived notifications are listed, in place of those in the inbox.',
        examples: [true],
      }),
    ),
    kind: listOf(NotificationKind, 'The kinds of the notifications to list.'),
  },
  { additionalProperties: false },
)
export type InboxQuery = Static<typeof InboxQuery>

export const UnreadCount = Type.Object(
  {
    count: Type.Integer({ description: 'The number of unread notifications in the inbox, at most 99.', examples: [5] }),
    hasMore: Type.Boolean({ description: 'Whether there are more than 99.', examples: [false] }),
    text: Type.String({
      description: 'The number as a badge shows it: `99+` stands for more than 99.',
      examples: ['5'],
    }),
  },
  { title: 'UnreadCount', description: 'The number of unread notifications.' },
)

export const ReadAll = Type.Object(
  {
    upTo: Type.Optional(
      annotated(
        Id,
        'The newest notification to mark, such as the first one that you saw. It and all older ones are marked. ' +
          'Without it, all are.',
        exampleIds.notification,
      ),
    ),
  },
  {
    title: 'ReadAll',
    description: 'The notifications to mark as read.',
    additionalProperties: false,
    examples: [{}],
  },
)
export type ReadAll = Static<typeof ReadAll>

export const MarkedNotifications = Type.Object(
  {
    count: Type.Integer({ description: 'The number of notifications that this request marked.', examples: [3] }),
    hasMore: Type.Boolean({
      description: 'Whether more are unread: one request marks up to 1,000. Repeat it until it is false.',
      examples: [false],
    }),
  },
  { title: 'MarkedNotifications', description: 'The result of a request that marks notifications.' },
)
