import {
  restoreTask as bringBack,
  commitWithin,
  dependentsOf,
  lockTasks,
  prepareStatement,
  settleBlocks,
  type Tx,
} from '@goals-tasks/db'
import { forbidden, Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { announcementBy, type Caller, type Deps } from '../../deps.ts'
import type { Answer } from '../../resource/optimistic-change.ts'
import { checkPrecondition, type Precondition } from '../../resource/precondition.ts'
import { loadTask, type StoredTask, taskShownAs } from './read.ts'

/** Soft-deletes a task; whoever waited for it waits no more. Deleting again changes nothing. */
export async function deleteTask(deps: Deps, caller: Caller, id: string, precondition: Precondition): Promise<void> {
  const task = await loadTask(deps, deps.db, caller, id)
  if (task.deleted) return void (await deps.confirm(taskShownAs(task)))
  await checkDeletion(deps, task, precondition)
  const committed = await deps.commit.deleteTask(deletionOf(caller, task, true))
  await deps.publish(committed ? committed.events : await deleteLocked(deps, caller, id, precondition))
}

async function checkDeletion({ db }: Pick<Deps, 'db'>, task: StoredTask, precondition: Precondition): Promise<void> {
  await checkPrecondition(db, precondition, task, 'everything')
  if (!task.owned) throw forbidden('Only the owner of its goal may delete a task.')
}

const deletionOf = (caller: Caller, { id, version }: StoredTask, unlessAwaited: boolean) => ({
  by: caller,
  values: { id, version, unlessAwaited },
  announcement: announcementBy(caller, ['task:deleted']),
})

/** Others wait for it, or changed it meanwhile. */
function deleteLocked(deps: Deps, caller: Caller, id: string, precondition: Precondition) {
  return deps.transaction(async (tx) => {
    await lockTasks(tx, async () => [id, ...(await dependentsOf(tx, [id]))])
    const task = await loadTask(deps, tx, caller, id)
    if (task.deleted) return []
    await checkDeletion({ db: tx }, task, precondition)
    const deleted = await commitWithin(tx).deleteTask(deletionOf(caller, task, false))
    if (!deleted) throw new Error('a locked task was no more what was read')
    const why = { ...announcementBy(caller, []), causationId: deleted.events[0]?.id }
    return [...deleted.events, ...(await settleBlocks(tx, await dependentsOf(tx, [id]), why))]
  })
}

/** Brings a deleted task back into its goal. Restoring a live one changes nothing. */
export async function restoreTask(deps: Deps, caller: Caller, id: string, precondition: Precondition): Promise<Answer> {
  const [task, events] = await deps.transaction(async (tx) => {
    const task = await loadTask(deps, tx, caller, id)
    if (!task.deleted) return [task, []] as const
    await checkPrecondition(tx, precondition, task, 'everything')
    if (!task.owned) throw forbidden('Only the owner of its goal may restore a task.')
    if (await isGoalDeleted(tx, task.goalId))
      throw new Problem('goal-deleted', 'Its goal is deleted: restore that first.')
    const events = await bringBack(tx, task.id, announcementBy(caller, [], 'restored'))
    return [await loadTask(deps, tx, caller, id), events] as const
  })
  await (events.length > 0 ? deps.publish(events) : deps.confirm(taskShownAs(task)))
  return task
}

const lockGoal = prepareStatement<{ deleted: boolean }>(
  'goal_lock_share',
  sql`select deleted_at is not null as deleted from goals where id = ${sql.placeholder('goalId')}::uuid for share`,
)

/** Whether the goal is deleted; it stays as it is until the transaction ends. */
const isGoalDeleted = async (tx: Tx, goalId: string): Promise<boolean> =>
  (await lockGoal(tx, { goalId }))[0]?.deleted ?? true
