import { openTask, prepareStatement, type Tx, taskVisible } from '@goals-tasks/db'
import { invalidBody } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { type Caller, principalOf } from '../../deps.ts'

export type Blocker = { id: string; open: boolean; deleted: boolean }

const visible = prepareStatement<Blocker>(
  'task_blockers_visible',
  sql`select id, status in ${openTask} and deleted_at is null as open, deleted_at is not null as deleted
      from tasks where id = any(${sql.placeholder('ids')}::uuid[]) and ${taskVisible}`,
)

/** Those of the tasks that the caller may see. */
export const loadBlockers = (tx: Tx, caller: Caller, ids: readonly string[]): Promise<Blocker[]> =>
  visible(tx, { ids, ...principalOf(caller) })

/** Where the client named a dependency, as a JSON pointer. */
export const placeOf = (named: readonly string[], id: string): string =>
  `/dependencies/${named.findIndex((other) => other.toLowerCase() === id)}`

/** @throws Problem 422 pointing at each of the `added` that is not there, not the caller's to see, or deleted */
export function refuseUnusable(named: readonly string[], added: readonly string[], blockers: readonly Blocker[]): void {
  const usable = new Set(blockers.filter((blocker) => !blocker.deleted).map((blocker) => blocker.id))
  const errors = added
    .filter((id) => !usable.has(id))
    .map((id) => ({ pointer: placeOf(named, id), detail: 'is no task that could be waited for' }))
  if (errors.length > 0) throw invalidBody(errors)
}

const anyOpen = prepareStatement<object>(
  'task_any_open',
  sql`select 1 from tasks where id = any(${sql.placeholder('ids')}::uuid[]) and deleted_at is null
        and status in ${openTask} limit 1`,
)

/** Whether any of these is still to be done. Whoever sees the task that waits need not see them. */
export const isAnyOpen = async (tx: Tx, ids: readonly string[]): Promise<boolean> =>
  ids.length > 0 && (await anyOpen(tx, { ids })).length > 0
