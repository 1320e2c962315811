import { Goal, Notification, Task } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { goals } from '../schema/goals.ts'
import { notifications } from '../schema/notifications.ts'
import { tasks } from '../schema/tasks.ts'
import { changedToText, rowToText } from './row-to-text.ts'

/*
 * The JSON of a row as clients and consumers see it, made whenever it is read. Responses and events contain this text
 * unchanged. `row` is the name of the row in the statement: the name of its table, `old` or `new`.
 */

/** Returns the expression of a goal's JSON, as text. */
export const goalText = (row: string): SQL<string> => rowToText(goals, Goal, row)
/** Returns the expression of a task's JSON, as text. */
export const taskText = (row: string): SQL<string> => rowToText(tasks, Task, row)

/** Returns the same for a column of the type json, which checks the text once. */
export const goalJson = (row: string): SQL => sql`${goalText(row)}::json`
export const taskJson = (row: string): SQL => sql`${taskText(row)}::json`

/** The members of `old` that differ from `new`, in the same form. */
export const goalChanges = sql`(${changedToText(goals, Goal, 'old', 'new')})::json`
export const taskChanges = sql`(${changedToText(tasks, Task, 'old', 'new')})::json`

/** The JSON of a row of `notifications`, as text and as json. */
export const notificationText = rowToText(notifications, Notification, 'notifications')
export const notificationJson = sql`${notificationText}::json`
