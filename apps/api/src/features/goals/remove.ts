import { randomUUID } from 'node:crypto'
import { deleteGoalCascade, restoreGoalCascade } from '@goals-tasks/db'
import type { Deps } from '../../deps.ts'
import { type Actor, eventMetadata } from '../../resource/actor.ts'
import type { EntityText } from '../../resource/optimistic-change.ts'
import { checkPrecondition, type Precondition } from '../../resource/precondition.ts'
import { cacheKeysOfGoal, loadOwnGoal } from './read.ts'

/** Soft-deletes a goal and its live tasks under one cascade id. Deleting again changes nothing. */
export async function deleteGoal(deps: Deps, actor: Actor, id: string, precondition: Precondition): Promise<void> {
  const deletedBefore = await deps.transaction({ actorId: actor.id, goalId: id }, async (tx) => {
    const goal = await loadOwnGoal(tx, actor, id, { locked: true })
    if (goal.deleted) return goal
    await checkPrecondition(tx, precondition, goal, 'everything')
    await deleteGoalCascade(tx.db, id, { ...eventMetadata(actor, []), cascadeId: randomUUID() })
    return null
  })
  if (deletedBefore) await deps.confirm(cacheKeysOfGoal(deletedBefore))
}

/** Restores a deleted goal and exactly the tasks that its deletion took. Restoring a live goal changes nothing. */
export async function restoreGoal(
  deps: Deps,
  actor: Actor,
  id: string,
  precondition: Precondition,
): Promise<EntityText> {
  const { goal, changed } = await deps.transaction({ actorId: actor.id, goalId: id }, async (tx) => {
    const goal = await loadOwnGoal(tx, actor, id, { locked: true })
    if (!goal.deleted || goal.deleteCascadeId === null) return { goal, changed: false }
    await checkPrecondition(tx, precondition, goal, 'everything')
    const metadata = { ...eventMetadata(actor, [], 'restored'), cascadeId: goal.deleteCascadeId }
    await restoreGoalCascade(tx.db, id, goal.deleteCascadeId, metadata)
    return { goal: await loadOwnGoal(tx, actor, id), changed: true }
  })
  if (!changed) await deps.confirm(cacheKeysOfGoal(goal))
  return goal
}
