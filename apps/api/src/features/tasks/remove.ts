import {
  dependentsOf,
  lockTasks,
  prepareStatement,
  recomputeBlocks,
  restoreTask as restoreIn,
  type Tx,
} from '@goals-tasks/db'
import { forbidden, Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import { checkPrecondition, type Precondition } from '../../resource/precondition.ts'
import { cacheKeysOfTask, loadTask, type StoredTask } from './read.ts'

/** Soft-deletes a task and unblocks its dependents. Deleting again changes nothing. */
export async function deleteTask(deps: Deps, actor: Actor, id: string, precondition: Precondition): Promise<void> {
  const task = await loadTask(deps, actor, id)
  if (task.deleted) return void (await deps.confirm(cacheKeysOfTask(task)))
  await checkDeletion(deps, task, precondition)
  const outcome = await deps.commit.deleteTask(deletionOf(actor, task, { requireNoDependents: true }))
  if (outcome === null || outcome === 'locked') await deleteLocked(deps, actor, task, precondition)
}

async function checkDeletion(deps: Deps, task: StoredTask, precondition: Precondition): Promise<void> {
  await checkPrecondition(deps, precondition, task, 'everything')
  if (!task.owned) throw forbidden('Only the owner of its goal may delete a task.')
}

const deletionOf = (actor: Actor, { id, version }: StoredTask, how: { requireNoDependents: boolean }) => ({
  values: { id, version, ...how },
  metadata: eventMetadata(actor, ['task:deleted']),
})

/** Deletes a task that has dependents, or that another writer locked or changed meanwhile. */
function deleteLocked(deps: Deps, actor: Actor, { id, goalId }: StoredTask, precondition: Precondition): Promise<void> {
  return deps.transaction({ actorId: actor.id, goalId }, async (tx) => {
    await lockTasks(tx.db, async () => [id, ...(await dependentsOf(tx.db, [id]))])
    const task = await loadTask(tx, actor, id)
    if (task.deleted) return
    await checkDeletion(tx, task, precondition)
    const deleted = await tx.commit.deleteTask(deletionOf(actor, task, { requireNoDependents: false }))
    if (!deleted) throw new Error('the task changed while its lock was held (bug)')
    const metadata = { ...eventMetadata(actor, []), causationId: deleted.events[0]?.id }
    await recomputeBlocks(tx.db, await dependentsOf(tx.db, [id]), metadata)
  })
}

/** Restores a deleted task into its goal. Restoring a live task changes nothing. */
export async function restoreTask(
  deps: Deps,
  actor: Actor,
  id: string,
  precondition: Precondition,
): Promise<EntityText> {
  const { task, changed } = await deps.transaction({ actorId: actor.id }, async (tx) => {
    const task = await loadTask(tx, actor, id)
    if (!task.deleted) return { task, changed: false }
    await checkPrecondition(tx, precondition, task, 'everything')
    if (!task.owned) throw forbidden('Only the owner of its goal may restore a task.')
    if (await isGoalDeleted(tx.db, task.goalId))
      throw new Problem('goal-deleted', 'Its goal is deleted. Restore the goal first.')
    await restoreIn(tx.db, task.id, eventMetadata(actor, [], 'restored'))
    return { task: await loadTask(tx, actor, id), changed: true }
  })
  if (!changed) await deps.confirm(cacheKeysOfTask(task))
  return task
}

const lockGoal = prepareStatement<{ deleted: boolean }>(
  'goal_lock_share',
  sql`select deleted_at is not null as deleted from goals where id = ${sql.placeholder('goalId')}::uuid for share`,
)

/** Whether the goal is deleted. It stays so until the transaction ends. */
const isGoalDeleted = async (db: Tx, goalId: string): Promise<boolean> =>
  (await lockGoal(db, { goalId }))[0]?.deleted ?? true
