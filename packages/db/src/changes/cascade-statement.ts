import type { AggregateType, CommittedEvent } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { type EventMetadata, emitEvents, emittedEvents } from './events.ts'
import { dependentsOf, lockTasks } from './locks.ts'

/** Metadata of a cascade. Undoing it finds its rows by `cascadeId`. */
export type CascadeMetadata = Omit<EventMetadata, 'types'> & { cascadeId: string }

/**
 * Prepares a statement that changes many rows. Its events become events of the transaction. `changed` is an UPDATE that
 * returns `goalChanged` or `taskChanged`. `reason` is an expression over its rows.
 */
export function cascadeStatement(
  name: string,
  changed: SQL,
  { aggregate = 'task', reason }: { aggregate?: AggregateType; reason?: SQL } = {},
) {
  const statement = prepareStatement<{ events: CommittedEvent[] }>(
    name,
    sql`with changed as (${changed}), ${emitEvents(aggregate, reason ? { reason } : {})}
        select ${emittedEvents} as events`,
  )
  return async (tx: Tx, values: Record<string, unknown>): Promise<void> => {
    const [emitted] = await statement(tx, values)
    tx.events.push(...(emitted?.events ?? []))
  }
}

/** Locks the tasks that `find` returns and their dependents. @returns both, as of the lock */
export async function lockWithDependents(tx: Tx, find: () => Promise<{ id: string }[]>) {
  let ids: string[] = []
  let dependents: string[] = []
  // Three ids and thousands need different plans, so each statement is planned for its own values.
  await tx.query('set local plan_cache_mode = force_custom_plan')
  await lockTasks(tx, async () => {
    ids = (await find()).map((row) => row.id)
    dependents = await dependentsOf(tx, ids)
    return [...new Set([...ids, ...dependents])]
  })
  return { ids, dependents }
}
