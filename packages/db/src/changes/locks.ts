import { sql } from 'drizzle-orm'
import { uuids } from '../engine/parameters.ts'
import { prepareStatement } from '../engine/statement.ts'
import { savepoint, type Tx } from '../engine/transaction.ts'

/**
 * The lock order is the same everywhere: goals, then the edges of owners, then tasks, each by id. Rows that were read
 * before a lock was held are stale: read them again afterwards, in a new statement.
 */

const shareGoals = prepareStatement<{ ownerId: string }>(
  'goals_lock_share',
  sql`select user_id as "ownerId" from goals where id = any(${uuids('ids')}) order by id for share`,
)

/** Locks goals, so that no other transaction closes or deletes them before this one ends. @returns their owners */
export const lockGoals = async (tx: Tx, ids: readonly string[]): Promise<string[]> => [
  ...new Set((await shareGoals(tx, { ids })).map((row) => row.ownerId)),
]

const lockRows = prepareStatement<{ id: string }>(
  'tasks_lock',
  sql`select id from tasks where id = any(${uuids('ids')}) order by id for no key update`,
)

/** Locks the tasks that `find` returns. A large change takes its turn first. */
export const lockTasks = (tx: Tx, find: () => Promise<readonly string[]>): Promise<void> => {
  const findInTurn = async () => {
    const ids = await find()
    tx.turn?.begin(ids.length)
    return ids
  }
  return lockInOrder(tx, findInTurn, (ids) => lockRows(tx, { ids }))
}

/**
 * Locks the rows that `find` returns, in the order of their ids. If `find` returns a new row after locking, it releases
 * the locks and retries: locking the new row last would break the order.
 */
export async function lockInOrder(
  tx: Tx,
  find: () => Promise<readonly string[]>,
  lock: (sortedIds: readonly string[]) => Promise<unknown>,
): Promise<void> {
  for (let wanted = await find(); ; ) {
    const locked = new Set(wanted)
    const found = await savepoint(tx, async (undo) => {
      await lock([...locked].sort())
      const now = await find()
      if (!now.every((id) => locked.has(id))) await undo()
      return now
    })
    if (found.every((id) => locked.has(id))) return
    wanted = [...locked, ...found]
  }
}

const dependents = prepareStatement<{ id: string }>(
  'tasks_dependents',
  sql`select distinct task_id as id from task_dependencies where depends_on_id = any(${uuids('ids')})`,
)

/** Returns the tasks that depend on these, in any state. A change of a blocker needs the locks of all of them. */
export const dependentsOf = async (tx: Tx, ids: readonly string[]): Promise<string[]> =>
  (await dependents(tx, { ids })).map((row) => row.id)

const neighbours = prepareStatement<{ id: string }>(
  'tasks_neighbours',
  sql`select task_id as id from task_dependencies where depends_on_id = any(${uuids('ids')})
      union select depends_on_id from task_dependencies where task_id = any(${uuids('ids')})`,
)

/** Returns the tasks that depend on these, and the tasks that these depend on. */
export const neighboursOf = async (tx: Tx, ids: readonly string[]): Promise<string[]> =>
  (await neighbours(tx, { ids })).map((row) => row.id)
