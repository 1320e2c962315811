import type { CommittedEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { uuid, uuids } from '../engine/parameters.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { type EventMetadata, emitEvents, emittedEvents, metadataValues, taskChanged } from './events.ts'

/** The statuses of an open task. */
export const openTask = sql.raw(`('TODO', 'IN_PROGRESS', 'BLOCKED')`)

/**
 * Returns the predicate "the row of `tasks` has a live and open blocker". `live` and `open` are conditions over
 * `blocker`.
 */
export const waits = (live = sql`blocker.deleted_at is null`, open = sql`blocker.status in ${openTask}`) => sql`exists (
  select from task_dependencies edge
  where edge.task_id = tasks.id
    and (select ${live} and ${open} from tasks blocker where blocker.id = edge.depends_on_id))`

const recompute = prepareStatement<{ events: CommittedEvent[] }>(
  'tasks_recompute_blocks',
  sql`with waiting as materialized (
        select id as task_id, ${waits()} as waits from tasks
        where id = any(${uuids('ids')}) and deleted_at is null
      ), changed as (
        update tasks set status = case when waits then 'BLOCKED' else blocked_from end,
                         block_kind = case when waits then 'DEPENDENCY'::block_kind end,
                         blocked_from = case when waits then status end, version = version + 1
        from waiting where tasks.id = waiting.task_id
          and ((waits and status in ('TODO', 'IN_PROGRESS')) or (not waits and block_kind = 'DEPENDENCY'))
        returning ${taskChanged}, case when waits then 'blocked' else 'unblocked' end as reason
      ), ${emitEvents('task', { reason: sql`changed.reason` })}
      select ${emittedEvents} as events`,
)

/**
 * Blocks and unblocks these tasks by the state of their blockers. Each is a change of its own with the reason `blocked`
 * or `unblocked`. A manual block stays. The caller holds the locks of these tasks and of the blockers that it changed.
 */
export async function recomputeBlocks(
  tx: Tx,
  ids: readonly string[],
  metadata: Omit<EventMetadata, 'types' | 'reason'>,
): Promise<void> {
  if (ids.length === 0) return
  const [recomputed] = await recompute(tx, { ids, ...metadataValues({ ...metadata, types: ['task:updated'] }) })
  tx.events.push(...(recomputed?.events ?? []))
}

const openBlockers = prepareStatement<{ id: string }>(
  'task_open_blockers',
  sql`select blocker.id from task_dependencies edge join tasks blocker on blocker.id = edge.depends_on_id
      where edge.task_id = ${uuid('taskId')}
        and blocker.deleted_at is null and blocker.status in ${openTask}
      order by blocker.id`,
)

/** Returns the ids of the open blockers of a task. */
export const loadOpenBlockers = async (db: Executor, taskId: string): Promise<string[]> =>
  (await openBlockers(db, { taskId })).map((row) => row.id)
