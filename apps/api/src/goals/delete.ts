import { randomUUID } from 'node:crypto'
import { deleteGoalCascade, goalJson, goalReadable, inTransaction, prepareStatement } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import { announcementBy, type Caller, type Deps } from '../deps.ts'
import type { Stored } from '../entities/change.ts'
import { checkPrecondition, type Precondition } from '../entities/precondition.ts'
import { forbidden, notFound } from '../errors.ts'

const lockGoal = prepareStatement<Stored & { ownerId: string }>(
  'goal_lock',
  sql`select ${goalJson()}::text as text, version, user_id as "ownerId", deleted_at is not null as deleted
      from goals where id = ${sql.placeholder('id')}::uuid and ${goalReadable} for update`,
)

/** Soft-deletes a goal and the live tasks in it, all under one cascade id. Deleting again changes nothing. */
export async function deleteGoal(
  { pool, dispatcher }: Deps,
  caller: Caller,
  id: string,
  precondition: Precondition,
): Promise<void> {
  const events = await inTransaction(pool, async (tx) => {
    const [goal] = await lockGoal(tx, { id, principalId: caller.id, admin: caller.admin })
    if (!goal) throw notFound('goal')
    // Before the precondition, whose refusal shows the whole goal.
    if (goal.ownerId !== caller.id && !caller.admin) throw forbidden('Only its owner may delete a goal.')
    if (goal.deleted) return []
    checkPrecondition(precondition, goal)
    return deleteGoalCascade(tx, id, { ...announcementBy(caller, []), cascadeId: randomUUID() })
  })
  dispatcher.nudge(events)
}
