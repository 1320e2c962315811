import { sql } from 'drizzle-orm'
import { prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { openTask, recomputeBlocks, waits } from './blocks.ts'
import { cascadeStatement, lockWithDependents } from './cascade.ts'
import { lockEdges } from './edges.ts'
import { type EventMetadata, goalChanged, metadataValues, taskChanged } from './events.ts'

type Metadata = Omit<EventMetadata, 'types'>
const ids = sql`${sql.placeholder('ids')}::uuid[]`

const idsDeletedBy = prepareStatement<{ id: string }>(
  'tasks_deleted_by',
  sql`select id from tasks where delete_cascade_id = ${sql.placeholder('cascadeId')}::uuid`,
)
const restoreGoal = cascadeStatement(
  'goal_restore',
  sql`update goals set deleted_at = null, delete_cascade_id = null, version = version + 1
      where id = ${sql.placeholder('goalId')}::uuid and deleted_at is not null returning ${goalChanged}`,
  { aggregate: 'goal' },
)

/** Restores a goal and exactly the tasks that its deletion `deletedBy` took along. The caller holds the goal's row lock. */
export async function restoreGoalCascade(tx: Tx, goalId: string, deletedBy: string, metadata: Metadata): Promise<void> {
  await restore(tx, () => idsDeletedBy(tx, { cascadeId: deletedBy }), metadata)
  await restoreGoal(tx, { goalId, ...metadataValues({ ...metadata, types: ['goal:updated'] }) })
}

/** Restores one task. The caller has checked that its goal is live, and holds that goal's lock. */
export const restoreTask = (tx: Tx, id: string, metadata: Metadata): Promise<void> =>
  restore(tx, async () => [{ id }], metadata)

const blockers = prepareStatement<{ id: string }>(
  'tasks_blockers',
  sql`select distinct depends_on_id as id from task_dependencies where task_id = any(${ids})`,
)

/** From a task that comes back to one that was there, when that one waits for the first again by now. */
const closesCycle = sql`closing as (
  with recursive reached(task_id, blocker, id) as (
    select edge.task_id, edge.depends_on_id, edge.depends_on_id from task_dependencies edge
    join tasks there on there.id = edge.depends_on_id and there.deleted_at is null
    where edge.task_id = any(${ids})
    union
    select reached.task_id, reached.blocker, edge.depends_on_id from reached join task_dependencies edge on edge.task_id = reached.id
    join tasks there on there.id = edge.depends_on_id and (there.deleted_at is null or there.id = any(${ids}))
  )
  select task_id, blocker from reached where id = task_id
)`

const dropEdges = prepareStatement<object>(
  'task_edges_drop',
  sql`with ${closesCycle}, dropped as (
        delete from task_dependencies using closing
        where task_dependencies.task_id = closing.task_id and depends_on_id = closing.blocker
        returning task_dependencies.task_id, depends_on_id
      ), counted as (
        update tasks set dependents_count = dependents_count - gone.n
        from (select depends_on_id, count(*)::int as n from dropped group by 1) gone where tasks.id = gone.depends_on_id
      )
      select from dropped`,
)

const remaining = sql`coalesce((select jsonb_agg(d.id order by d.n) from jsonb_array_elements_text(dependencies) with ordinality d(id, n)
  where exists (select from task_dependencies edge where edge.task_id = tasks.id and edge.depends_on_id = d.id::uuid)), '[]')`

/**
 * As `deleted_at is not null`, which statistics of before the deletion take for next to nothing: a goal's thousands of tasks
 * would be joined loop in loop.
 */
const wasDeleted = sql`coalesce(tasks.deleted_at, '-infinity') > '-infinity'`

const restoreTasks = cascadeStatement(
  'tasks_restore',
  sql`update tasks set deleted_at = null, delete_cascade_id = null, version = version + 1,
        dependencies = case when dependencies = '[]' then dependencies else ${remaining} end,
        status = case when back.blocks then 'BLOCKED' when back.frees then blocked_from else status end,
        block_kind = case when back.blocks then 'DEPENDENCY'::block_kind when back.frees then null else block_kind end,
        blocked_from = case when back.blocks then status when back.frees then null else blocked_from end
      from (
        select task_id, waits and status in ('TODO', 'IN_PROGRESS') as blocks, not waits and block_kind = 'DEPENDENCY' as frees
        from (select id as task_id, status, block_kind, ${waits(
          sql`(blocker.deleted_at is null or blocker.id = any(${ids}))`,
          sql`blocker.status in ${openTask}`,
        )} as waits from tasks where id = any(${ids})) x
      ) back
      where tasks.id = back.task_id and ${wasDeleted} returning ${taskChanged}`,
)

/** Restores the tasks that `find` returns. Drops an edge that would close a cycle, in the same change of the restored task. */
async function restore(tx: Tx, find: () => Promise<{ id: string }[]>, metadata: Metadata): Promise<void> {
  const found = (await find()).map((row) => row.id)
  const waitFor = (await blockers(tx, { ids: found })).map((row) => row.id)
  if (found[0] !== undefined && waitFor.length > 0) await lockEdges(tx, found[0], waitFor)
  const locked = await lockWithDependents(tx, async () => [...found, ...waitFor].map((id) => ({ id })))
  if (waitFor.length > 0) await dropEdges(tx, { ids: found })
  await restoreTasks(tx, { ids: found, ...metadataValues({ ...metadata, types: ['task:updated'] }) })
  await recomputeBlocks(tx, locked.dependents, metadata)
}
