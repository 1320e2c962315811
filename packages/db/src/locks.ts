import { sql } from 'drizzle-orm'
import { prepareStatement } from './statement.ts'
import { savepoint, type Tx } from './transaction.ts'

/**
 * Lock order everywhere: goals, then the edges of owners, then tasks, each by id. What was read before a lock was had is
 * stale: read again afterwards, in a new statement.
 */

const shareGoals = prepareStatement<{ id: string }>(
  'goals_lock_share',
  sql`select id from goals where id = any(${sql.placeholder('ids')}::uuid[]) order by id for share`,
)

/** Until the end of the transaction nobody closes or deletes these goals. */
export const lockGoals = (tx: Tx, ids: readonly string[]) => shareGoals(tx, { ids })

const lockRows = prepareStatement<{ id: string }>(
  'tasks_lock',
  sql`select id from tasks where id = any(${sql.placeholder('ids')}::uuid[]) order by id for no key update`,
)

/**
 * Locks the tasks that `find` finds, in the order of their ids. Others may be among them once the locks are had;
 * then it lets go and begins again, since locking those now would break the order.
 */
export async function lockTasks(tx: Tx, find: () => Promise<readonly string[]>): Promise<void> {
  for (let wanted = await find(); ; ) {
    const locked = new Set(wanted)
    const found = await savepoint(tx, async (undo) => {
      await lockRows(tx, { ids: wanted })
      const now = await find()
      if (!now.every((id) => locked.has(id))) await undo()
      return now
    })
    if (found.every((id) => locked.has(id))) return
    wanted = [...new Set([...wanted, ...found])]
  }
}

const dependents = prepareStatement<{ id: string }>(
  'tasks_dependents',
  sql`select distinct task_id as id from task_dependencies where depends_on_id = any(${sql.placeholder('ids')}::uuid[])`,
)

/** Who waits for these tasks, whatever their state: a change of a blocker decides about each of them under its lock. */
export const dependentsOf = async (tx: Tx, ids: readonly string[]): Promise<string[]> =>
  (await dependents(tx, { ids })).map((row) => row.id)
