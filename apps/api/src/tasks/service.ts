import { type Executor, loadOpenBlockers, prepareStatement, taskJson, taskOwned, taskVisible } from '@goals-tasks/db'
import type { Task } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Caller, type Deps, principalOf } from '../deps.ts'
import { type Capabilities, withMembers } from '../entities/capabilities.ts'
import type { Answer, Stored } from '../entities/change.ts'
import { gone, isExpired } from '../entities/gone.ts'
import { createHistory, type HistoryQuery } from '../entities/history.ts'
import type { Page } from '../entities/keyset.ts'
import { verbsFrom } from '../entities/transitions.ts'
import { notFound } from '../errors.ts'
import { taskTransitions, taskVerbs } from './states.ts'

export type StoredTask = Stored & {
  /** Whether the caller may do with it what the owner of its goal may. */
  owned: boolean
  goalId: string
  dependentsCount: number
}

const byId = prepareStatement<StoredTask>(
  'task_by_id',
  sql`select id, ${taskJson()}::text as text, version, ${taskOwned} as owned, deleted_at is not null as deleted,
        goal_id as "goalId", dependents_count as "dependentsCount"
      from tasks where id = ${sql.placeholder('id')}::uuid and ${taskVisible}`,
)

/** The task, deleted or not, of whoever may see it. @throws Problem 404 for everyone else */
export async function loadTask(deps: Deps, on: Executor, caller: Caller, id: string): Promise<StoredTask> {
  const [task] = await byId(on, { id, ...principalOf(caller) })
  if (!task || isExpired(deps, task)) throw notFound('task')
  return task
}

export type TaskInclude = { includeDeleted: boolean; capabilities: boolean }

/** @returns the task; a deleted one only when asked for. `view` says that more is in it than its own fields. */
export async function readTask(
  deps: Deps,
  caller: Caller,
  id: string,
  include: TaskInclude,
): Promise<Answer & { view: boolean }> {
  const task = await loadTask(deps, deps.db, caller, id)
  if (task.deleted && !include.includeDeleted) throw gone(deps, `/v1/tasks/${id}`, task)
  if (!include.capabilities) return { ...task, view: false }
  return { ...task, text: withMembers(task.text, { capabilities: await capabilitiesOf(deps, task) }), view: true }
}

async function capabilitiesOf({ db }: Deps, stored: StoredTask): Promise<Capabilities> {
  const task = JSON.parse(stored.text) as Task
  const ways = verbsFrom(taskTransitions, task.status)
  const byDependency = task.blockKind === 'DEPENDENCY'
  const blockers = byDependency ? await loadOpenBlockers(db, task.id) : []
  return Object.fromEntries(
    taskVerbs.map((verb) => {
      const to = verb === 'unblock' ? (task.blockedFrom ?? undefined) : ways.get(verb)
      if (stored.deleted) return [verb, { allowed: false, code: 'deleted' }]
      if (to === undefined) return [verb, { allowed: false, code: 'invalid-transition' }]
      const held = task.status === 'BLOCKED' && (to === 'COMPLETED' || (byDependency && to !== 'CANCELLED'))
      return [verb, held ? { allowed: false, code: 'task-blocked', to, blockers } : { allowed: true, to }]
    }),
  )
}

const history = createHistory('task', sql`task_audit_log`, sql`task_id`)

/** Every version of a task, for those who may read it, deleted or not. */
export async function taskHistory(deps: Deps, caller: Caller, id: string, query: HistoryQuery): Promise<Page> {
  await loadTask(deps, deps.db, caller, id)
  return history(deps.db, id, query)
}
