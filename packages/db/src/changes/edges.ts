import { sql } from 'drizzle-orm'
import { prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { tasks } from '../schema/tasks.ts'
import type { Change, Committed } from './change.ts'
import { assignments } from './columns.ts'
import { changeStatement, commitOne, completion, matchesVersion } from './commit.ts'
import { taskChanged } from './events.ts'
import { type TaskWithEdges, taskWrites } from './fields.ts'
import { lockInOrder } from './locks.ts'
import { taskVisible } from './visibility.ts'

const update = changeStatement(
  'task_update_with_edges',
  'task',
  sql`update tasks set ${assignments(tasks, taskWrites.updateWithEdges)}, ${completion}, version = version + 1,
        owner_id = (select user_id from goals where goals.id = ${sql.placeholder('goalId')}::uuid),
        close_cascade_id = case when status = ${sql.placeholder('status')}::task_status
                                 and goal_id = ${sql.placeholder('goalId')}::uuid then close_cascade_id end
      where ${matchesVersion} and ${taskVisible} returning ${taskChanged}`,
  sql`, added as (
        insert into task_dependencies (task_id, depends_on_id)
        select changed.id, blocker from changed cross join unnest(${sql.placeholder('added')}::uuid[]) blocker returning depends_on_id
      ), removed as (
        delete from task_dependencies using changed
        where task_id = changed.id and depends_on_id = any(${sql.placeholder('removed')}::uuid[]) returning depends_on_id
      ), counted as (
        update tasks set dependents_count = dependents_count + case when id in (select depends_on_id from added) then 1 else -1 end
        where id in (select depends_on_id from added union all select depends_on_id from removed)
      )`,
)

type EdgeChange = TaskWithEdges & {
  id: string
  version: number
  added: readonly string[]
  removed: readonly string[]
}

/**
 * Changes a task together with its edges and, when `goalId` is another, its goal. The caller holds the locks: on the goals,
 * on the edges if some are added, on the task and on every blocker that is `added` or `removed`.
 */
export async function updateTaskWithEdges(tx: Tx, { values, metadata }: Change<EdgeChange>): Promise<Committed | null> {
  const committed = await commitOne(tx, update, {
    values: { ...values, dependencies: JSON.stringify(values.dependencies) },
    metadata,
  })
  if (committed) tx.events.push(...committed.events)
  return committed
}

/** What the blockers wait for, directly or not, themselves included, along edges to tasks that are `there`. */
const reachedAlong = (there = sql`true`) => sql`reached(id) as (
  select unnest(${sql.placeholder('blockers')}::uuid[])
  union
  select edge.depends_on_id from reached join task_dependencies edge on edge.task_id = reached.id
  join tasks on tasks.id = edge.depends_on_id and ${there}
)`

// A deleted task is on the way too: it may be coming back at this moment, and with it the edges from and to it.
const ownersReached = prepareStatement<{ id: string }>(
  'task_edges_owners',
  sql`with recursive ${reachedAlong()}
      select distinct owner_id as id from tasks
      where id in (select id from reached union all select ${sql.placeholder('taskId')}::uuid)`,
)

const lockOwner = prepareStatement<object>(
  'task_edges_lock',
  sql`select pg_advisory_xact_lock(hashtextextended('task edges of ' || ${sql.placeholder('owner')}::text, 0))`,
)

/**
 * To be had before an edge is added or comes back, so that no two close a cycle together: the edges of everyone whose tasks
 * can be reached from the blockers, and of the task's owner. Of two edges that do, each task is reached by the other's
 * blocker, so their locks meet. Nearly always that is one owner. A task that changes hands takes those of both its `owners`,
 * so that whom others went by does not change under them.
 */
export function lockEdges(
  tx: Tx,
  taskId: string,
  blockers: readonly string[],
  owners: readonly string[] = [],
): Promise<void> {
  const find = async () => [...owners, ...(await ownersReached(tx, { taskId, blockers })).map((row) => row.id)]
  return lockInOrder(tx, find, async (ids) => {
    for (const owner of ids) await lockOwner(tx, { owner })
  })
}

const edgesBack = prepareStatement<{ from: string; to: string }>(
  'task_edges_back',
  sql`with recursive ${reachedAlong(sql`tasks.deleted_at is null`)}
      select edge.task_id as from, edge.depends_on_id as to from reached join task_dependencies edge on edge.task_id = reached.id
      where exists (select from reached where id = ${sql.placeholder('taskId')}::uuid) and edge.depends_on_id in (select id from reached)`,
)

/** The shortest way from the task over one of the blockers back to it; null when waiting for them closes no cycle. Needs `lockEdges`. */
export async function findCycle(tx: Tx, taskId: string, blockers: readonly string[]): Promise<string[] | null> {
  const edges = await edgesBack(tx, { taskId, blockers })
  const next = Map.groupBy(edges, (edge) => edge.from)
  const seen = new Set(blockers)
  for (let ways = blockers.map((id) => [taskId, id]); ways.length > 0; ) {
    const longer = ways.flatMap((way) => (next.get(way.at(-1) ?? '') ?? []).map((edge) => [...way, edge.to]))
    const found = longer.find((way) => way.at(-1) === taskId)
    if (found) return found
    ways = longer.filter((way) => !seen.has(way.at(-1) ?? '') && seen.add(way.at(-1) ?? ''))
  }
  return null
}
