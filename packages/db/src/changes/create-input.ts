import { sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { type Field, recordset, toRecord } from '../engine/column-lists.ts'
import type { Change } from './change.ts'

/** Returns one element of the statement's input: the row and the event metadata, under the names of `inputOf`. */
export function toInput<T extends PgTable>(table: T, fields: readonly Field<T>[], change: Change<object>) {
  const { values, metadata } = change
  return {
    ...toRecord(table, fields, values),
    types: metadata.types,
    actor_id: metadata.actorId,
    as_admin: metadata.asAdmin ?? false,
    reason: metadata.reason,
    correlation_id: metadata.correlationId,
    causation_id: metadata.causationId,
    cascade_id: metadata.cascadeId,
    traceparent: metadata.traceparent,
  }
}

/** Returns the CTE `input` of a statement: one row per element. */
export const inputOf = <T extends PgTable>(table: T, fields: readonly Field<T>[]) => sql`input as materialized (
  select * from json_to_recordset(${sql.placeholder('input')}::json) as x(
    ${recordset(table, fields)}, types text[], actor_id uuid, as_admin boolean, reason text,
    correlation_id text, causation_id uuid, cascade_id uuid, traceparent text)
)`
