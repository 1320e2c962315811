import { sql } from 'drizzle-orm'
import { uuids } from '../engine/parameters.ts'
import { prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { cascadeStatement } from './cascade-statement.ts'
import { metadataValues, taskChanged } from './events.ts'
import { lockTasks, neighboursOf } from './locks.ts'

/** The actor of events that no user caused: the nil UUID. */
export const systemActorId = '00000000-0000-0000-0000-000000000000'

export type Purged = { goals: number; tasks: number }

/** The API treats rows as purged one hour earlier, so no restore can meet this purge. */
const expired = sql`deleted_at < now() - make_interval(days => ${sql.placeholder('days')}::int, hours => 1)`

const expiredTasks = prepareStatement<{ id: string }>(
  'tasks_expired',
  sql`select id from tasks where deleted_at is not null and ${expired}
      order by deleted_at limit ${sql.placeholder('limit')}::int`,
)
const stillDeleted = prepareStatement<{ id: string }>(
  'tasks_still_deleted',
  sql`select id from tasks where id = any(${uuids('ids')}) and deleted_at is not null`,
)
const dropPurgedDependencies = cascadeStatement(
  'tasks_forget_purged',
  sql`update tasks set version = version + 1,
        dependencies = (
          select coalesce(jsonb_agg(d.id order by d.n), '[]')
          from jsonb_array_elements_text(dependencies) with ordinality d(id, n)
          where d.id::uuid <> all(${uuids('ids')}))
      where id in (select task_id from task_dependencies where depends_on_id = any(${uuids('ids')}))
        and id <> all(${uuids('ids')}) and deleted_at is null
      returning ${taskChanged}`,
)
const uncount = prepareStatement<object>(
  'tasks_uncount_purged',
  sql`update tasks set dependents_count = dependents_count - purged.dependents
      from (
        select depends_on_id, count(*)::int as dependents from task_dependencies
        where task_id = any(${uuids('ids')}) group by 1
      ) purged
      where tasks.id = purged.depends_on_id and tasks.id <> all(${uuids('ids')})`,
)
const deletePurged = prepareStatement<object>(
  'tasks_purge',
  sql`delete from tasks where id = any(${uuids('ids')}) returning 1`,
)
const purgeGoals = prepareStatement<object>(
  'goals_purge',
  sql`delete from goals where id in (
        select id from goals where deleted_at is not null and ${expired}
          and not exists (select from tasks where tasks.goal_id = goals.id)
        order by deleted_at limit ${sql.placeholder('limit')}::int for update skip locked)
      returning 1`,
)

/**
 * Purges up to `limit` tasks, and up to `limit` goals without tasks, that were deleted more than `days` days ago.
 * A task that depends on a purged one loses that dependency, in a change of its own with the reason `purged`.
 * The audit log stays. @returns how many rows were purged
 */
export async function purgeExpired(tx: Tx, { days, limit }: { days: number; limit: number }): Promise<Purged> {
  const ids = (await expiredTasks(tx, { days, limit })).map((row) => row.id)
  const tasks = await purgeTasks(tx, ids)
  // A separate statement, because it has to see which goals have no tasks now.
  const goals = await purgeGoals(tx, { days, limit })
  return { tasks, goals: goals.length }
}

/** Purges the deleted ones of these tasks, and takes them out of the dependencies of others. @returns how many */
export async function purgeTasks(tx: Tx, wanted: readonly string[]): Promise<number> {
  await lockTasks(tx, async () => [...wanted, ...(await neighboursOf(tx, wanted))])
  const ids = (await stillDeleted(tx, { ids: wanted })).map((row) => row.id)
  const metadata = metadataValues({ types: ['task:updated'], actorId: systemActorId, reason: 'purged' })
  await dropPurgedDependencies(tx, { ids, ...metadata })
  await uncount(tx, { ids })
  return (await deletePurged(tx, { ids })).length
}
