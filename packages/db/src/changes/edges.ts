import { sql } from 'drizzle-orm'
import { assignments } from '../engine/column-lists.ts'
import { uuid, uuids } from '../engine/parameters.ts'
import { prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { taskVisible } from '../reads/visibility.ts'
import { tasks } from '../schema/tasks.ts'
import type { Change, Committed } from './change.ts'
import { changeStatement, commitOne, completion, matchesVersion } from './change-statement.ts'
import { taskChanged } from './events.ts'
import { type TaskWithEdges, taskWrites } from './fields.ts'
import { lockInOrder } from './locks.ts'

const update = changeStatement(
  'task_update_with_edges',
  'task',
  sql`update tasks set ${assignments(tasks, taskWrites.updateWithEdges)}, ${completion}, version = version + 1,
        owner_id = (select user_id from goals where goals.id = ${uuid('goalId')}),
        close_cascade_id = case
          when status = ${sql.placeholder('status')}::task_status and goal_id = ${uuid('goalId')} then close_cascade_id
        end
      where ${matchesVersion} and ${taskVisible} returning ${taskChanged}`,
  sql`, added as (
        insert into task_dependencies (task_id, depends_on_id)
        select changed.id, blocker from changed cross join unnest(${uuids('added')}) blocker
        returning depends_on_id
      ), removed as (
        delete from task_dependencies using changed
        where task_id = changed.id and depends_on_id = any(${uuids('removed')})
        returning depends_on_id
      ), counted as (
        update tasks
        set dependents_count = dependents_count + case when id in (select depends_on_id from added) then 1 else -1 end
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
 * Changes a task together with its edges and, when `goalId` differs, its goal. The caller holds the locks of the goals,
 * of the edges if some are added, of the task, and of each blocker in `added` and `removed`.
 */
export async function updateTaskWithEdges(tx: Tx, { values, metadata }: Change<EdgeChange>): Promise<Committed | null> {
  const committed = await commitOne(tx, update, {
    values: { ...values, dependencies: JSON.stringify(values.dependencies) },
    metadata,
  })
  if (committed) tx.events.push(...committed.events)
  return committed
}

/** The blockers and all tasks that they depend on, directly or not, along edges to tasks that match `condition`. */
const reachedAlong = (condition = sql`true`) => sql`reached(id) as (
  select unnest(${uuids('blockers')})
  union
  select edge.depends_on_id from reached join task_dependencies edge on edge.task_id = reached.id
  join tasks on tasks.id = edge.depends_on_id and ${condition}
)`

// Deleted tasks count: another transaction may be restoring one right now, and with it the edges from and to it.
const ownersReached = prepareStatement<{ id: string }>(
  'task_edges_owners',
  sql`with recursive ${reachedAlong()}
      select distinct owner_id as id from tasks
      where id in (select id from reached union all select ${uuid('taskId')})`,
)

const lockOwner = prepareStatement<object>(
  'task_edges_lock',
  sql`select pg_advisory_xact_lock(hashtextextended('task edges of ' || ${sql.placeholder('owner')}::text, 0))`,
)

/**
 * Takes the advisory locks that are needed before an edge is added or restored. Two concurrent edges that would close a
 * cycle share at least one of these locks, because the blocker of each reaches the task of the other. A lock belongs to
 * an owner of tasks. The locked owners are the one of the task, and the ones of all tasks that can be reached from
 * `blockers`; nearly always that is one user. A task that moves to another owner's goal also needs the locks of both
 * `owners`, so that the owners that other transactions found do not change under them.
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

const edgesOnCycles = prepareStatement<{ from: string; to: string }>(
  'task_edges_back',
  sql`with recursive ${reachedAlong(sql`tasks.deleted_at is null`)}
      select edge.task_id as from, edge.depends_on_id as to
      from reached join task_dependencies edge on edge.task_id = reached.id
      where exists (select from reached where id = ${uuid('taskId')})
        and edge.depends_on_id in (select id from reached)`,
)

/**
 * Returns the shortest cycle that would close if the task depended on `blockers`: it begins and ends with the task.
 * Returns null when no cycle would close. Call after `lockEdges`.
 */
export async function findCycle(tx: Tx, taskId: string, blockers: readonly string[]): Promise<string[] | null> {
  const edges = await edgesOnCycles(tx, { taskId, blockers })
  const next = Map.groupBy(edges, (edge) => edge.from)
  const seen = new Set(blockers)
  for (let paths = blockers.map((id) => [taskId, id]); paths.length > 0; ) {
    const longer = paths.flatMap((path) => (next.get(path.at(-1) ?? '') ?? []).map((edge) => [...path, edge.to]))
    const cycle = longer.find((path) => path.at(-1) === taskId)
    if (cycle) return cycle
    paths = longer.filter((path) => !seen.has(path.at(-1) ?? '') && seen.add(path.at(-1) ?? ''))
  }
  return null
}
