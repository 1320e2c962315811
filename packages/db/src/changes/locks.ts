import { sql } from 'drizzle-orm'
import { prepareStatement } from '../engine/statement.ts'
import { savepoint, type Tx } from '../engine/transaction.ts'

/**
 * Lock order everywhere: goals, then the edges of owners, then tasks, each by id. What was read before a lock was had is
 * stale: read again afterwards, in a new statement.
 */

const shareGoals = prepareStatement<{ ownerId: string }>(
  'goals_lock_share',
  sql`select user_id as "ownerId" from goals where id = any(${sql.placeholder('ids')}::uuid[]) order by id for share`,
)

/** Until the end of the transaction nobody closes or deletes these goals. @returns their owners */
export const lockGoals = async (tx: Tx, ids: readonly string[]): Promise<string[]> => [
  ...new Set((await shareGoals(tx, { ids })).map((row) => row.ownerId)),
]

const lockRows = prepareStatement<{ id: string }>(
  'tasks_lock',
  sql`select id from tasks where id = any(${sql.placeholder('ids')}::uuid[]) order by id for no key update`,
)

/** Locks the tasks that `find` finds. */
export const lockTasks = (tx: Tx, find: () => Promise<readonly string[]>): Promise<void> =>
  lockInOrder(tx, find, (ids) => lockRows(tx, { ids }))

/**
 * Locks what `find` finds, in the order of the ids. Others may be among them once the locks are had; then it lets go and
 * begins again, since locking those now would break the order.
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
  sql`select distinct task_id as id from task_dependencies where depends_on_id = any(${sql.placeholder('ids')}::uuid[])`,
)

/** Who waits for these tasks, whatever their state: a change of a blocker decides about each of them under its lock. */
export const dependentsOf = async (tx: Tx, ids: readonly string[]): Promise<string[]> =>
  (await dependents(tx, { ids })).map((row) => row.id)

const neighbours = prepareStatement<{ id: string }>(
  'tasks_neighbours',
  sql`select task_id as id from task_dependencies where depends_on_id = any(${sql.placeholder('ids')}::uuid[])
      union select depends_on_id from task_dependencies where task_id = any(${sql.placeholder('ids')}::uuid[])`,
)

/** Who waits for these tasks, and what they wait for. */
export const neighboursOf = async (tx: Tx, ids: readonly string[]): Promise<string[]> =>
  (await neighbours(tx, { ids })).map((row) => row.id)
