import { actorId, notificationText } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'

/** The JSON of a notification in responses: the one of its event, with the address of its goal, task or webhook. */
export const listedNotification = sql`left(${notificationText}, -1)
  || format(',"link":"/v1/%ss/%s"}', notifications.subject_type, notifications.subject_id)`

/** The notifications that the actor may see. Rows of other channels record what left the application. */
export const ownNotifications = sql`user_id = ${actorId} and channel = 'in-app'`
export const inInbox = sql`archived_at is null`
