import { type Executor, prepareStatement } from '@goals-tasks/db'
import { Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'

const maxTasks = 10_000
/** A goal is counted every so many times that this process puts a task into it; most goals never are. */
const countEvery = 64

const puts = new LRUCache<string, number>({ max: 10_000 })

const isFull = prepareStatement<{ full: boolean }>(
  'goal_full',
  sql`select count(*) >= ${sql.raw(String(maxTasks))} as full from (
        select from tasks where goal_id = ${sql.placeholder('goalId')}::uuid and deleted_at is null limit ${sql.raw(String(maxTasks))}) t`,
)

/**
 * Whether the goal can take one task more, which keeps goals from growing without bound. It is approximate: each process may
 * put up to `countEvery` tasks more into a full goal before it notices, and then finds it full until there is room.
 */
export async function hasRoom(on: Executor, goalId: string): Promise<boolean> {
  const count = (puts.get(goalId) ?? 0) + 1
  puts.set(goalId, count % countEvery)
  if (count < countEvery) return true
  const [goal] = await isFull(on, { goalId })
  if (!goal?.full) return true
  puts.set(goalId, countEvery - 1)
  return false
}

export const goalFull = () => new Problem('goal-full', `A goal holds about ${maxTasks} tasks at most.`)
