import type { AggregateType } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Change, Committed } from './change.ts'
import { emitEvents, emittedEvents, metadataValues } from './events.ts'

type Statement = ReturnType<typeof prepareStatement<Committed>>

/**
 * Prepares a statement that changes one row and emits its events. `changed` is an UPDATE that returns `goalChanged` or
 * `taskChanged`. `alongside` adds further CTEs.
 */
export function changeStatement(name: string, aggregate: AggregateType, changed: SQL, alongside = sql``): Statement {
  return prepareStatement<Committed>(
    name,
    sql`with changed as (${changed}), ${emitEvents(aggregate)}${alongside}
        select after::text as text, version, ${emittedEvents} as events from changed`,
  )
}

/** Writes one change by a statement of `changeStatement`. Returns null when no row matched. */
export async function commitOne(
  db: Executor,
  statement: Statement,
  { values, metadata }: Change<Record<string, unknown>>,
): Promise<Committed | null> {
  const [committed] = await statement(db, { ...parameters(values), ...metadataValues(metadata) })
  return committed ?? null
}

/** Encodes the JSON columns. The driver would send an array as a Postgres array. */
const parameters = (values: Record<string, unknown>) => ({
  ...values,
  ...('tags' in values ? { tags: JSON.stringify(values.tags), metadata: JSON.stringify(values.metadata) } : {}),
})

/** The row is live and has the version that the change was computed from. */
export const matchesVersion = sql`
  id = ${sql.placeholder('id')} and version = ${sql.placeholder('version')} and deleted_at is null`

/** Set on entering COMPLETED, kept while COMPLETED, cleared on leaving. It uses the clock of `updated_at`. */
export const completionBy = (status: SQL) => sql`
  completed_at = case when ${status} = 'COMPLETED' then coalesce(completed_at, now()) end`
export const completion = completionBy(sql`${sql.placeholder('status')}`)
