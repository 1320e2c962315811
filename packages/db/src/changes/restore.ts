import { sql } from 'drizzle-orm'
import { uuid, uuids } from '../engine/parameters.ts'
import { prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { openTask, recomputeBlocks, waits } from './blocks.ts'
import { cascadeStatement, lockWithDependents } from './cascade-statement.ts'
import { lockEdges } from './edges.ts'
import { type EventMetadata, goalChanged, metadataValues, taskChanged } from './events.ts'

type Metadata = Omit<EventMetadata, 'types'>

const idsDeletedBy = prepareStatement<{ id: string }>(
  'tasks_deleted_by',
  sql`select id from tasks where delete_cascade_id = ${uuid('cascadeId')}`,
)
const restoreGoal = cascadeStatement(
  'goal_restore',
  sql`update goals set deleted_at = null, delete_cascade_id = null, version = version + 1
      where id = ${uuid('goalId')} and deleted_at is not null returning ${goalChanged}`,
  { aggregate: 'goal' },
)

/**
 * Restores a goal and exactly the tasks that the cascade `deletedBy` deleted with it. The caller holds the row lock of
 * the goal.
 */
export async function restoreGoalCascade(tx: Tx, goalId: string, deletedBy: string, metadata: Metadata): Promise<void> {
  await restore(tx, () => idsDeletedBy(tx, { cascadeId: deletedBy }), metadata)
  await restoreGoal(tx, { goalId, ...metadataValues({ ...metadata, types: ['goal:updated'] }) })
}

/** Restores one task. The caller has checked that its goal is live, and holds that goal's lock. */
export const restoreTask = (tx: Tx, id: string, metadata: Metadata): Promise<void> =>
  restore(tx, async () => [{ id }], metadata)

const blockers = prepareStatement<{ id: string }>(
  'tasks_blockers',
  sql`select distinct depends_on_id as id from task_dependencies where task_id = any(${uuids('ids')})`,
)

/**
 * The edges from a restored task to a live one that would close a cycle, because that task depends on the restored one,
 * directly or not.
 */
const closingEdges = sql`closing as (
  with recursive reached(task_id, blocker, id) as (
    select edge.task_id, edge.depends_on_id, edge.depends_on_id from task_dependencies edge
    join tasks live on live.id = edge.depends_on_id and live.deleted_at is null
    where edge.task_id = any(${uuids('ids')})
    union
    select reached.task_id, reached.blocker, edge.depends_on_id
    from reached join task_dependencies edge on edge.task_id = reached.id
    join tasks live on live.id = edge.depends_on_id and (live.deleted_at is null or live.id = any(${uuids('ids')}))
  )
  select task_id, blocker from reached where id = task_id
)`

const dropEdges = prepareStatement<object>(
  'task_edges_drop',
  sql`with ${closingEdges}, dropped as (
        delete from task_dependencies using closing
        where task_dependencies.task_id = closing.task_id and depends_on_id = closing.blocker
        returning task_dependencies.task_id, depends_on_id
      ), counted as (
        update tasks set dependents_count = dependents_count - lost.dependents
        from (select depends_on_id, count(*)::int as dependents from dropped group by 1) lost
        where tasks.id = lost.depends_on_id
      )
      select from dropped`,
)

/** The dependencies of a task that still have an edge, in their order. */
const remaining = sql`coalesce((
  select jsonb_agg(d.id order by d.n) from jsonb_array_elements_text(dependencies) with ordinality d(id, n)
  where exists (
    select from task_dependencies edge where edge.task_id = tasks.id and edge.depends_on_id = d.id::uuid)), '[]')`

/**
 * Equals `deleted_at is not null`. After a deletion, outdated statistics make Postgres expect hardly any row for that
 * condition, and it would join the thousands of tasks of a goal in a nested loop.
 */
const wasDeleted = sql`coalesce(tasks.deleted_at, '-infinity') > '-infinity'`

/** The restored task has an open blocker. Tasks that are restored with it count as live. */
const waitsAgain = waits(
  sql`(blocker.deleted_at is null or blocker.id = any(${uuids('ids')}))`,
  sql`blocker.status in ${openTask}`,
)

const restoreTasks = cascadeStatement(
  'tasks_restore',
  sql`update tasks set deleted_at = null, delete_cascade_id = null, version = version + 1,
        dependencies = case when dependencies = '[]' then dependencies else ${remaining} end,
        status = case when restored.blocks then 'BLOCKED' when restored.frees then blocked_from else status end,
        block_kind = case
          when restored.blocks then 'DEPENDENCY'::block_kind when restored.frees then null else block_kind
        end,
        blocked_from = case when restored.blocks then status when restored.frees then null else blocked_from end
      from (
        select task_id, waits and status in ('TODO', 'IN_PROGRESS') as blocks,
               not waits and block_kind = 'DEPENDENCY' as frees
        from (
          select id as task_id, status, block_kind, ${waitsAgain} as waits from tasks where id = any(${uuids('ids')})
        ) x
      ) restored
      where tasks.id = restored.task_id and ${wasDeleted} returning ${taskChanged}`,
)

/**
 * Restores the tasks that `find` returns. Drops each edge that would close a cycle, in the same change of the restored
 * task.
 */
async function restore(tx: Tx, find: () => Promise<{ id: string }[]>, metadata: Metadata): Promise<void> {
  const found = (await find()).map((row) => row.id)
  const blockerIds = (await blockers(tx, { ids: found })).map((row) => row.id)
  if (found[0] !== undefined && blockerIds.length > 0) await lockEdges(tx, found[0], blockerIds)
  const locked = await lockWithDependents(tx, async () => [...found, ...blockerIds].map((id) => ({ id })))
  if (blockerIds.length > 0) await dropEdges(tx, { ids: found })
  await restoreTasks(tx, { ids: found, ...metadataValues({ ...metadata, types: ['task:updated'] }) })
  await recomputeBlocks(tx, locked.dependents, metadata)
}
