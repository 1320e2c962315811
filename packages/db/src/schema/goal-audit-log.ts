import { pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core'
import { auditColumns } from './audit-columns.ts'

export const goalAuditLog = pgTable(
  'goal_audit_log',
  { goalId: uuid('goal_id').notNull(), ...auditColumns() },
  // GET /v1/goals/{id}/history, and exactly one row per version.
  (t) => [primaryKey({ columns: [t.goalId, t.version] })],
)
