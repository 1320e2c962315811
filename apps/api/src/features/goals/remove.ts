import { randomUUID } from 'node:crypto'
import { deleteGoalCascade, restoreGoalCascade } from '@goals-tasks/db'
import { announcementBy, type Caller, type Deps } from '../../deps.ts'
import type { Answer } from '../../resource/optimistic-change.ts'
import { checkPrecondition, type Precondition } from '../../resource/precondition.ts'
import { goalShownAs, loadOwnGoal } from './read.ts'

/** Soft-deletes a goal and the live tasks in it, all under one cascade id. Deleting again changes nothing. */
export async function deleteGoal(deps: Deps, caller: Caller, id: string, precondition: Precondition): Promise<void> {
  const [goal, events] = await deps.transaction(async (tx) => {
    const goal = await loadOwnGoal(deps, tx, caller, id, { locked: true })
    if (goal.deleted) return [goal, []] as const
    await checkPrecondition(tx, precondition, goal, 'everything')
    const why = { ...announcementBy(caller, []), cascadeId: randomUUID() }
    return [goal, await deleteGoalCascade(tx, id, why)] as const
  })
  await (events.length > 0 ? deps.publish(events) : deps.confirm(goalShownAs(goal)))
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
  await (events.length > 0 ? deps.publish(events) : deps.confirm(goalShownAs(goal)))
  return goal
}
