import type { CommittedEvent } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { type Announcement, announced, announcedEvents, announcementValues, taskChanged } from './events.ts'

/** Statuses in which a task is still to be done. */
export const openTask = sql.raw(`('TODO', 'IN_PROGRESS', 'BLOCKED')`)

/** Whether something that `tasks` waits for is live and open, or is about to be, as `live` and `open` over `blocker` say. */
export const waits = (live = sql`blocker.deleted_at is null`, open = sql`blocker.status in ${openTask}`) => sql`exists (
  select from task_dependencies edge
  where edge.task_id = tasks.id and (select ${live} and ${open} from tasks blocker where blocker.id = edge.depends_on_id))`

const settle = prepareStatement<{ events: CommittedEvent[] }>(
  'tasks_settle_blocks',
  sql`with waiting as materialized (
        select id as task_id, ${waits()} as waits from tasks where id = any(${sql.placeholder('ids')}::uuid[]) and deleted_at is null
      ), changed as (
        update tasks set status = case when waits then 'BLOCKED' else blocked_from end,
                         block_kind = case when waits then 'DEPENDENCY'::block_kind end,
                         blocked_from = case when waits then status end, version = version + 1
        from waiting where tasks.id = waiting.task_id
          and ((waits and status in ('TODO', 'IN_PROGRESS')) or (not waits and block_kind = 'DEPENDENCY'))
        returning ${taskChanged}, case when waits then 'blocked' else 'unblocked' end as reason
      ), ${announced('task', { reason: sql`changed.reason` })}
      select ${announcedEvents} as events`,
)

/**
 * Blocks and unblocks these tasks as what they wait for says, each by a change of its own with the reason `blocked` or
 * `unblocked`. The caller holds their locks and those of whatever it changed. A manual block stays.
 */
export async function settleBlocks(
  tx: Tx,
  ids: readonly string[],
  announcement: Omit<Announcement, 'types' | 'reason'>,
): Promise<CommittedEvent[]> {
  if (ids.length === 0) return []
  const [settled] = await settle(tx, { ids, ...announcementValues({ ...announcement, types: ['task:updated'] }) })
  return settled?.events ?? []
}

const openBlockers = prepareStatement<{ id: string }>(
  'task_open_blockers',
  sql`select blocker.id from task_dependencies edge join tasks blocker on blocker.id = edge.depends_on_id
      where edge.task_id = ${sql.placeholder('taskId')}::uuid and blocker.deleted_at is null and blocker.status in ${openTask}
      order by blocker.id`,
)

/** What the task still waits for. */
export const loadOpenBlockers = async (on: Executor, taskId: string): Promise<string[]> =>
  (await openBlockers(on, { taskId })).map((row) => row.id)
