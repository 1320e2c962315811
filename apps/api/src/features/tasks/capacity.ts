import { type Executor, goalReadable, prepareStatement } from '@goals-tasks/db'
import { forbidden, notFound, Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import type { Deps } from '../../deps.ts'
import { type Actor, actorValues } from '../../resource/actor.ts'

const maxTasks = 10_000
/** A process counts a goal's tasks at every 64th task that it adds. Most goals are never counted. */
const countEvery = 64

const additions = new LRUCache<string, number>({ max: 10_000 })

const isFull = prepareStatement<{ full: boolean }>(
  'goal_full',
  sql`select count(*) >= ${sql.raw(String(maxTasks))} as full from (
        select from tasks where goal_id = ${sql.placeholder('goalId')}::uuid and deleted_at is null
        limit ${sql.raw(String(maxTasks))}) t`,
)

/**
 * Whether the goal can take one more task, which bounds the size of goals. The bound is approximate: each process may
 * add up to `countEvery` tasks to a full goal before it notices.
 * From then on it finds the goal full until there is room.
 */
export async function hasRoom(db: Executor, goalId: string): Promise<boolean> {
  const count = (additions.get(goalId) ?? 0) + 1
  additions.set(goalId, count % countEvery)
  if (count < countEvery) return true
  const [goal] = await isFull(db, { goalId })
  if (!goal?.full) return true
  additions.set(goalId, countEvery - 1)
  return false
}

export const goalFull = () => new Problem('goal-full', `A goal holds at most about ${maxTasks} tasks.`)

const goalState = prepareStatement<{ open: boolean; deleted: boolean; owned: boolean }>(
  'goal_state',
  sql`select status in ('ACTIVE', 'ON_HOLD') as open, deleted_at is not null as deleted,
        user_id = ${sql.placeholder('actorId')}::uuid as owned
      from goals where id = ${sql.placeholder('goalId')}::uuid and ${goalReadable}`,
)

/** @throws Problem 404, 403 or 409 when the actor cannot add tasks to the goal */
export async function checkGoalAcceptsTasks({ db }: Pick<Deps, 'db'>, actor: Actor, goalId: string): Promise<void> {
  const [goal] = await goalState(db, { goalId, ...actorValues(actor) })
  if (!goal) throw notFound('goal')
  if (!goal.owned && !actor.admin) throw forbidden('Only its owner may add tasks to a goal.')
  if (goal.deleted) throw new Problem('goal-deleted', 'The goal is deleted. Restore it first.')
  if (!goal.open) throw new Problem('goal-closed', 'The goal is closed. Reopen it first.')
}
