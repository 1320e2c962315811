import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createOperations, Nothing } from '../../resource/http/operations.ts'
import { done, listed, viewed } from '../../resource/http/responses.ts'
import { notificationAccess } from './access.ts'
import { markAllRead, markNotification, notificationVerbs, requireOwnNotification } from './change.ts'
import { listNotifications } from './list.ts'
import {
  InboxQuery,
  ListedNotification,
  MarkedNotifications,
  NotificationParams,
  ReadAll,
  UnreadCount,
} from './schemas.ts'
import { readUnreadCount } from './unread.ts'

const verbs: Record<(typeof notificationVerbs)[number], { summary: string; description: string }> = {
  read: {
    summary: 'Mark as read',
    description: 'Marks a notification as read. A repetition keeps the first time.',
  },
  unread: { summary: 'Mark as unread', description: 'Marks a notification as unread.' },
  archive: {
    summary: 'Archive a notification',
    description: 'Moves a notification from the inbox to the archive, and marks it as read.',
  },
  unarchive: {
    summary: 'Unarchive a notification',
    description: 'Moves a notification from the archive back to the inbox.',
  },
}

export const notificationRoutes =
  (deps: Deps): FastifyPluginAsync =>
  async (app) => {
    const { query, act } = createOperations(app, deps, {
      ...{ tag: 'notifications', read: 'notifications:read', write: 'notifications:write' },
    })

    query('/v1/notifications', {
      ...{ id: 'listNotifications', summary: 'List your notifications' },
      description: 'Lists the notifications in your inbox, newest first. They are deleted after 90 days.',
      access: { rule: notificationAccess.own },
      query: InboxQuery,
      problems: ['cursor-mismatch'],
      response: listed('NotificationPage', ListedNotification),
      run: (deps, actor, { query }) => listNotifications(deps, actor, query),
    })

    query('/v1/notifications/unread-count', {
      ...{ id: 'countUnreadNotifications', summary: 'Count unread notifications' },
      description: 'Counts the unread notifications in your inbox, exactly up to 99.',
      access: { rule: notificationAccess.own },
      query: Nothing,
      response: viewed('The number of unread notifications.', UnreadCount),
      run: (deps, actor) => readUnreadCount(deps, actor),
    })

    act('/v1/notifications/read-all', {
      ...{ id: 'readAllNotifications', summary: 'Mark all as read' },
      description:
        'Marks the notifications in your inbox as read, up to the one that you name. ' +
        'A notification that arrives meanwhile is newer, and so stays unread.',
      access: { rule: notificationAccess.own, body: {}, emits: false },
      body: ReadAll,
      problems: ['not-found'],
      response: done('The number of marked notifications.', MarkedNotifications),
      run: (deps, actor, { body }) => markAllRead(deps, actor, body),
    })

    for (const verb of notificationVerbs) {
      act(`/v1/notifications/:notificationId/${verb}`, {
        ...{ id: `${verb}Notification`, ...verbs[verb] },
        access: { rule: notificationAccess.recipient, emits: false },
        params: NotificationParams,
        body: Nothing,
        response: done('The notification as it is now.', ListedNotification),
        find: (deps, actor, { notificationId }) => requireOwnNotification(deps, actor, notificationId),
        run: (deps, actor, { params }) => markNotification(deps, actor, params.notificationId, verb),
      })
    }
  }
