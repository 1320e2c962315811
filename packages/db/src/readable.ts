import type { PgTable, PgViewWithSelection } from 'drizzle-orm/pg-core'
import * as schema from './schema/index.ts'

/**
 * A table that can be read but is no argument for insert, update or delete: outside of this package nobody can write a goal
 * or a task without its event.
 */
type SelectOnly<T extends PgTable> = PgViewWithSelection<T['_']['name'], true, T['_']['columns']>
const selectOnly = <T extends PgTable>(table: T) => table as unknown as SelectOnly<T>

export const goals = selectOnly(schema.goals)
export const tasks = selectOnly(schema.tasks)
export const events = selectOnly(schema.events)
export const deliveries = selectOnly(schema.deliveries)
export const deadLetters = selectOnly(schema.deadLetters)
export const notifications = selectOnly(schema.notifications)
export const goalAuditLog = selectOnly(schema.goalAuditLog)
export const taskAuditLog = selectOnly(schema.taskAuditLog)
