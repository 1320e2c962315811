import type { Change, Scope } from '@goals-tasks/cache'
import { type Executor, loadOpenBlockers, prepareLookup, taskOwned, taskVisible } from '@goals-tasks/db'
import type { Task } from '@goals-tasks/events'
import type { Page } from '@goals-tasks/http'
import { notFound } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { type Caller, type Deps, principalOf } from '../../deps.ts'
import { cacheReader } from '../../resource/cache-reader.ts'
import { type Capabilities, capabilitiesOf, withMembers } from '../../resource/capabilities.ts'
import { gone, isExpired } from '../../resource/deleted.ts'
import { createHistory, type HistoryQuery } from '../../resource/history.ts'
import type { Answer, Stored } from '../../resource/optimistic-change.ts'
import { isHeld, isWorkable, taskTransitions, taskVerbs, taskVerbTarget } from './states.ts'

export type StoredTask = Stored & {
  /** Whether the caller may do with it what the owner of its goal may. */
  owned: boolean
  goalId: string
  ownerId: string
  assignedTo: string | null
  dependentsCount: number
}

/** What the cache holds of it. */
export const taskShownAs = ({ id, version, goalId, ownerId, assignedTo }: StoredTask): Change => ({
  entities: [{ kind: 'task', id, version }],
  scopes: [`tasks:goal:${goalId}`, ...[ownerId, assignedTo ?? ownerId].map((user): Scope => `tasks:user:${user}`)],
})

const byId = prepareLookup<StoredTask>(
  'task_by_id',
  sql`select id, representation::text as text, version, ${taskOwned} as owned, deleted_at is not null as deleted,
        goal_id as "goalId", owner_id as "ownerId", assigned_to as "assignedTo", dependents_count as "dependentsCount"
      from tasks where id = ${sql.placeholder('id')}::uuid and ${taskVisible}`,
)

/** The task, deleted or not, of whoever may see it. @throws Problem 404 for everyone else */
export async function loadTask(deps: Deps, on: Executor, caller: Caller, id: string): Promise<StoredTask> {
  const task = await byId(on, { id, ...principalOf(caller) })
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
  if (!include.includeDeleted && !include.capabilities) return readPlainTask(deps, caller, id)
  const task = await loadTask(deps, deps.db, caller, id)
  if (task.deleted && !include.includeDeleted) throw gone(deps, `/v1/tasks/${id}`, task)
  if (!include.capabilities) return { ...task, view: false }
  return { ...task, text: withMembers(task.text, { capabilities: await taskCapabilities(deps, task) }), view: true }
}

/** Out of the cache for the owner of its goal and its assignee; anybody else is looked up each time. */
async function readPlainTask(deps: Deps, caller: Caller, id: string) {
  const answer = await deps.cache.readEntity('task', id.toLowerCase(), cacheReader(caller), async () => {
    const task = await loadTask(deps, deps.db, caller, id)
    if (task.deleted) throw gone(deps, `/v1/tasks/${id}`, task)
    const readers = [task.ownerId, task.assignedTo].filter((reader) => reader !== null)
    return { version: task.version, text: task.text, readers }
  })
  if (!answer) throw notFound('task')
  return { ...answer, view: false }
}

async function taskCapabilities({ db }: Deps, { text, deleted }: StoredTask): Promise<Capabilities> {
  const task = JSON.parse(text) as Task
  const blockers = task.dependencies.length > 0 ? await loadOpenBlockers(db, task.id) : []
  return capabilitiesOf(
    { status: task.status, deleted },
    {
      table: taskTransitions,
      verbs: taskVerbs,
      target: (verb) => taskVerbTarget(verb, task),
      outcome(to) {
        if (isHeld(task, to)) return { allowed: false, code: 'task-blocked', to, blockers }
        return { allowed: true, to: isWorkable(to) && blockers.length > 0 ? 'BLOCKED' : to }
      },
    },
  )
}

const history = createHistory('task', sql`task_audit_log`, sql`task_id`)

/** Every version of a task, for those who may read it, deleted or not. */
export async function taskHistory(deps: Deps, caller: Caller, id: string, query: HistoryQuery): Promise<Page> {
  await loadTask(deps, deps.db, caller, id)
  return history(deps.db, id, query)
}
