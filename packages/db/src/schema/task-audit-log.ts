import { pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core'
import { auditColumns } from './audit-columns.ts'

export const taskAuditLog = pgTable(
  'task_audit_log',
  { taskId: uuid('task_id').notNull(), ...auditColumns() },
  // GET /v1/tasks/{id}/history, and exactly one row per version.
  (t) => [primaryKey({ columns: [t.taskId, t.version] })],
)
