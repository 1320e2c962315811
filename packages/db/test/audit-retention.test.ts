import { expect } from 'vitest'
import { deleteOldAuditRows } from '../src/delivery/audit-retention.ts'
import { test } from './support/plan-test.ts'

test.for(['goal', 'task'] as const)(
  'a batch of old audit rows of a %s reads its blocks alone',
  async (entity, { planOf }) => {
    const plan = await planOf((db) => deleteOldAuditRows(db, entity))
    expect(plan).toContain(`Tid Range Scan on ${entity}_audit_log old`)
  },
)
