import {
  type DeadLetter,
  type DeadLetterFilter,
  discardDeadLetters,
  type Executor,
  inTransaction,
  type OperatorAction,
  type OperatorCause,
  recordAction,
  replayDeadLetters,
} from '@goals-tasks/db'
import type pg from 'pg'

type Change<Row> = (db: Executor, filter: DeadLetterFilter, limit: number) => Promise<Row[]>
export type RecordedChange<Row> = ReturnType<typeof recorded<Row & Changed>>
type Changed = Pick<DeadLetter, 'id' | 'consumer' | 'eventId'>

/** Returns the change with a record of it, in one transaction: one action per consumer. */
const recorded =
  <Row extends Changed>(action: OperatorAction['action'], change: Change<Row>) =>
  (pool: pg.Pool, cause: OperatorCause, filter: DeadLetterFilter, limit: number): Promise<Row[]> =>
    inTransaction(
      pool,
      () => undefined,
      async (tx) => {
        const rows = await change(tx, filter, limit)
        for (const [subject, changed] of Map.groupBy(rows, ({ consumer }) => consumer)) {
          const details = {
            deadLetterIds: changed.map(({ id }) => id),
            eventIds: changed.map(({ eventId }) => eventId),
          }
          await recordAction(tx, { ...cause, action, subject, details })
        }
        return rows
      },
    )

/** Makes at most `limit` dead letters deliveries again, the oldest first, and records it. */
export const replayRecorded = recorded('dead-letters-replayed', replayDeadLetters)

/** Deletes at most `limit` dead letters, the oldest first, and records it. */
export const discardRecorded = recorded('dead-letters-discarded', discardDeadLetters)
