import type { AggregateType, CommittedEvent } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import { metadataOfChanged } from './batch-input.ts'
import type { Change, Committed } from './change.ts'
import { emitEvents, emittedEventsByEntity, subscriptionValues } from './events.ts'

/**
 * How a write ended: committed, null when no row matched, or `locked` when another transaction holds the lock of a row
 * that the write needs. Only the first one wrote something.
 */
export type Outcome = Committed | null | 'locked'

type Row = { id: string; isLocked: boolean; text: string | null; version: number; events: CommittedEvent[] }

type Parts<V> = {
  aggregate: AggregateType
  /** CTEs, from `input` to `changed`. Each row of `changed` has the event metadata of its row of `input`. */
  changed: SQL
  /** The column of `input` with the id of the row to write. */
  key: SQL
  /** Whether another transaction holds a lock that the row of `input` needs. Read for rows that are not written. */
  isLocked: SQL
  alongside?: SQL | undefined
  toInput: (change: Change<V>) => object
}

/** Executes many changes in one statement. Returns their outcomes in the order of the changes. */
export type Write<V> = (db: Executor, changes: readonly Change<V>[]) => Promise<Outcome[]>

/** Prepares a statement that writes any number of rows, each with its own events. The rows have different ids. */
export function batchStatement<V extends { id: string }>(name: string, parts: Parts<V>): Write<V> {
  const { aggregate, changed, key, isLocked, alongside = sql``, toInput } = parts
  const statement = prepareStatement<Row>(
    name,
    sql`with ${changed}, ${emitEvents(aggregate, metadataOfChanged)}${alongside}
        select ${key} as id, changed.after::text as text, changed.version, by_entity.events,
               case when changed.id is null then ${isLocked} else false end as "isLocked"
        from input left join changed on changed.id = ${key}
        left join ${emittedEventsByEntity} by_entity on by_entity.aggregate_id = ${key}`,
  )
  return async (db, changes) => {
    const types = [...new Set(changes.flatMap((change) => change.metadata.types))]
    const values = { input: JSON.stringify(changes.map(toInput)), ...subscriptionValues(types) }
    const rows = await statement(db, values, changes.length)
    const outcomes = new Map(rows.map((row) => [row.id, outcomeOf(row)]))
    return changes.map((change) => outcomes.get(change.values.id) ?? null)
  }
}

function outcomeOf({ isLocked, text, version, events }: Row): Outcome {
  if (text === null) return isLocked ? 'locked' : null
  return { text, version, events }
}

/** Writes one row in a transaction, by a statement that waits for locks. */
export async function writeOne<V>(tx: Executor, write: Write<V>, change: Change<V>): Promise<Committed | null> {
  const [outcome] = await write(tx, [change])
  if (outcome === 'locked') throw new Error('a statement that waits for locks found a row locked (bug)')
  return outcome ?? null
}
