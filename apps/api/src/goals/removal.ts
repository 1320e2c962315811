import { randomUUID } from 'node:crypto'
import { deleteGoalCascade, restoreGoalCascade } from '@goals-tasks/db'
import type { CommittedEvent } from '@goals-tasks/events'
import { announcementBy, type Caller, type Deps } from '../deps.ts'
import type { Answer } from '../entities/change.ts'
import { checkPrecondition, type Precondition } from '../entities/precondition.ts'
import { loadOwnGoal } from './service.ts'

/** Soft-deletes a goal and the live tasks in it, all under one cascade id. Deleting again changes nothing. */
export async function deleteGoal(deps: Deps, caller: Caller, id: string, precondition: Precondition): Promise<void> {
  const events = await deps.transaction(async (tx): Promise<CommittedEvent[]> => {
    const goal = await loadOwnGoal(deps, tx, caller, id, { locked: true })
    if (goal.deleted) return []
    await checkPrecondition(tx, precondition, goal, 'everything')
    return deleteGoalCascade(tx, id, { ...announcementBy(caller, []), cascadeId: randomUUID() })
  })
  await deps.publish(events)
}

/** Brings a deleted goal back, with exactly the tasks that its deletion took. Restoring a live one changes nothing. */
export async function restoreGoal(deps: Deps, caller: Caller, id: string, precondition: Precondition): Promise<Answer> {
  const [goal, events] = await deps.transaction(async (tx) => {
    const goal = await loadOwnGoal(deps, tx, caller, id, { locked: true })
    if (!goal.deleted || goal.deleteCascadeId === null) return [goal, []] as const
    await checkPrecondition(tx, precondition, goal, 'everything')
    const why = { ...announcementBy(caller, [], 'restored'), cascadeId: goal.deleteCascadeId }
    const events = await restoreGoalCascade(tx, id, goal.deleteCascadeId, why)
    return [await loadOwnGoal(deps, tx, caller, id), events] as const
  })
  await deps.publish(events)
  return goal
}
