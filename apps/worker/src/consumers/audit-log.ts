import { executeOnce, type Tx } from '@goals-tasks/db'
import { type SQL, sql } from 'drizzle-orm'
import type { Transactional } from './contract.ts'

/** Writes one permanent row per version of a goal or task: the states before and after, the actor and the reason. */
export const auditLog: Transactional<'audit-log'> = {
  kind: 'transactional',
  async run(tx, events) {
    const goalEvents = events.filter((event) => event.aggregateType === 'goal')
    const taskEvents = events.filter((event) => event.aggregateType === 'task')
    await append(tx, 'goal', goalEvents)
    await append(tx, 'task', taskEvents)
  },
}

const trails: Record<'goal' | 'task', { table: SQL; key: SQL }> = {
  goal: { table: sql`goal_audit_log`, key: sql`goal_id` },
  task: { table: sql`task_audit_log`, key: sql`task_id` },
}

/**
 * Copies the events inside Postgres. An event that the trail has already (an operator replayed it) changes nothing.
 * @throws Error when another event holds one of the versions: one of the two would be lost silently
 */
async function append(tx: Tx, aggregate: 'goal' | 'task', events: readonly { id: string }[]): Promise<void> {
  if (events.length === 0) return
  const { table, key } = trails[aggregate]
  const ids = sql.param(events.map((event) => event.id))
  const written = await executeOnce(
    tx,
    sql`insert into ${table} (${key}, version, event_id, type, actor_id, as_admin, reason,
                              correlation_id, cascade_id, before, after, occurred_at)
        select aggregate_id, aggregate_version, id, type, actor_id, as_admin, reason,
               correlation_id, cascade_id, before, after, occurred_at
        from events where id = any(${ids}::uuid[]) order by aggregate_id, aggregate_version
        on conflict (${key}, version)
          do update set event_id = excluded.event_id where ${table}.event_id = excluded.event_id
        returning 1`,
  )
  const refused = events.length - written.length
  if (refused > 0)
    throw new Error(`${refused} of ${events.length} ${aggregate} versions are in the audit log under other events`)
}
