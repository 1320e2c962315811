import type { AggregateType, CommittedEvent } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import { metadataOfChanged } from './batch-input.ts'
import type { Change, Committed } from './change.ts'
import { emitEvents, newEventText } from './events.ts'

/**
 * How a write ended: committed, null when no row matched, or `locked` when another transaction holds the lock of a row
 * that the write needs. Only the first one wrote something.
 */
export type Outcome = Committed | null | 'locked'

/** An event of a written row, or a row that was not written: then only `id` and `isLocked` are there. */
type Row = { id: string; isLocked: boolean; text: string; version: number; ordinal: number; event: string | null }

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
        select ${key} as id, new_events.version, new_events.ordinal::int,
               case when new_events.ordinal = 0 then new_events.after::text end as text,
               case when new_events.id is not null then ${newEventText} end as event,
               case when new_events.id is null then ${isLocked} else false end as "isLocked"
        from input left join new_events on new_events.aggregate_id = ${key}`,
  )
  return async (db, changes) => {
    const rows = await statement(db, { input: JSON.stringify(changes.map(toInput)) }, changes.length)
    const outcomes = new Map<string, Outcome>()
    for (const row of rows.sort((a, b) => a.ordinal - b.ordinal)) addTo(outcomes, row)
    return changes.map((change) => outcomes.get(change.values.id) ?? null)
  }
}

/** Adds a row to the outcome of its id. The row of the primary event comes first. */
function addTo(outcomes: Map<string, Outcome>, row: Row): void {
  const { id, isLocked, text, version } = row
  if (row.event === null) return void outcomes.set(id, isLocked ? 'locked' : null)
  const event = JSON.parse(row.event) as CommittedEvent
  const outcome = outcomes.get(id)
  if (outcome && outcome !== 'locked') outcomes.set(id, { ...outcome, events: [...outcome.events, event] })
  else outcomes.set(id, { text, version, events: [event] })
}

/** Writes one row in a transaction, by a statement that waits for locks. */
export async function writeOne<V>(tx: Executor, write: Write<V>, change: Change<V>): Promise<Committed | null> {
  const [outcome] = await write(tx, [change])
  if (outcome === 'locked') throw new Error('a statement that waits for locks found a row locked (bug)')
  return outcome ?? null
}
