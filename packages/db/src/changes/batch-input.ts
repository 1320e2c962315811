import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { type Field, recordset, toRecord } from '../engine/column-lists.ts'
import type { Change } from './change.ts'

/** Returns one element of the input of a statement: the row and the event metadata, under the names of `inputOf`. */
export function toInput<T extends PgTable>(table: T, fields: readonly Field<T>[], change: Change<object>) {
  const { values, metadata } = change
  return {
    ...toRecord(table, fields, values),
    types: metadata.types,
    actor_id: metadata.actorId,
    as_admin: metadata.asAdmin ?? false,
    via: metadata.via,
    reason: metadata.reason,
    correlation_id: metadata.correlationId,
    causation_id: metadata.causationId,
    cascade_id: metadata.cascadeId,
    traceparent: metadata.traceparent,
  }
}

/**
 * Returns the CTE `input` of a statement: one row per element, with the columns of the fields, of the event metadata
 * and, when they are given, the `keys`.
 */
export const inputOf = <T extends PgTable>(table: T, fields: readonly Field<T>[], keys?: SQL) => {
  const columns = [...(keys ? [keys] : []), ...(fields.length > 0 ? [recordset(table, fields)] : [])]
  return sql`input as materialized (
  select * from json_to_recordset(${sql.placeholder('input')}::json) as x(
    ${sql.join(columns, sql`, `)}, types text[], actor_id uuid, as_admin boolean, via uuid,
    reason text, correlation_id text, causation_id uuid, cascade_id uuid, traceparent text)
)`
}

/** The columns of `input` with the event metadata. */
export const metadataColumns = sql`
  types, actor_id, as_admin, via, reason, correlation_id, causation_id, cascade_id, traceparent`

/** The event metadata of each row of `changed`, for `emitEvents`. */
export const metadataOfChanged = {
  types: sql`changed.types`,
  actorId: sql`changed.actor_id`,
  asAdmin: sql`changed.as_admin`,
  via: sql`changed.via`,
  reason: sql`changed.reason`,
  correlationId: sql`changed.correlation_id`,
  causationId: sql`changed.causation_id`,
  cascadeId: sql`changed.cascade_id`,
  traceparent: sql`changed.traceparent`,
}
