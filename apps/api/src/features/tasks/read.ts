import type { Invalidation, ListGroup } from '@goals-tasks/cache'
import { loadOpenBlockers, prepareLookup, taskOwned, taskText, taskVisible } from '@goals-tasks/db'
import type { Task } from '@goals-tasks/events'
import { notFound, type Page } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import { type Actor, actorValues } from '../../resource/actor.ts'
import { readThroughCache } from '../../resource/cached-read.ts'
import { type Capabilities, capabilitiesOf, withMembers } from '../../resource/capabilities.ts'
import { gone, isExpired } from '../../resource/deleted.ts'
import { createHistory, type HistoryQuery } from '../../resource/history.ts'
import { entity, type Representation, view } from '../../resource/http/reply.ts'
import type { Stored } from '../../resource/optimistic-change.ts'
import { isHeld, isWorkable, taskTransitions, taskVerbs, taskVerbTarget } from './states.ts'

export type StoredTask = Stored & {
  /** Whether the actor has the rights of the goal's owner. */
  owned: boolean
  goalId: string
  ownerId: string
  assignedTo: string | null
  dependentsCount: number
}

/** Returns the cache keys that hold the task. */
export const cacheKeysOfTask = ({ id, version, goalId, ownerId, assignedTo }: StoredTask): Invalidation => ({
  entities: [{ kind: 'task', id, version }],
  groups: [`tasks:goal:${goalId}`, ...[ownerId, assignedTo ?? ownerId].map((user): ListGroup => `tasks:user:${user}`)],
})

const byId = prepareLookup<StoredTask>(
  'task_by_id',
  sql`select id, ${taskText('tasks')} as text, version, ${taskOwned} as owned, deleted_at is not null as deleted,
        goal_id as "goalId", owner_id as "ownerId", assigned_to as "assignedTo", dependents_count as "dependentsCount"
      from tasks where id = ${sql.placeholder('id')}::uuid and ${taskVisible}`,
)

/** Loads a task, deleted or not, that the actor may see. @throws Problem 404 for other users */
export async function loadTask(deps: Deps, actor: Actor, id: string): Promise<StoredTask> {
  const task = await byId(deps.db, { id, ...actorValues(actor) })
  if (!task || isExpired(deps, task)) throw notFound('task')
  return task
}

export type TaskInclude = { includeDeleted: boolean; capabilities: boolean }

/** Reads a task. A deleted task only with `includeDeleted`. */
export async function readTask(deps: Deps, actor: Actor, id: string, include: TaskInclude): Promise<Representation> {
  if (!include.includeDeleted && !include.capabilities) return readPlainTask(deps, actor, id)
  const task = await loadTask(deps, actor, id)
  if (task.deleted && !include.includeDeleted) throw gone(deps, `/v1/tasks/${id}`, task)
  if (!include.capabilities) return entity(task)
  return view(withMembers(task.text, { capabilities: await taskCapabilities(deps, task) }))
}

/** Reads the plain task through the cache. The cache keeps it for the owner of its goal and for its assignee. */
async function readPlainTask(deps: Deps, actor: Actor, id: string): Promise<Representation> {
  const found = await readThroughCache(deps, actor, 'task', id, async () => {
    const task = await loadTask(deps, actor, id)
    if (task.deleted) throw gone(deps, `/v1/tasks/${id}`, task)
    const readers = [task.ownerId, task.assignedTo].filter((reader) => reader !== null)
    return { version: task.version, text: task.text, readers }
  })
  return entity(found)
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

/** Lists the versions of a task, for users who may read it, deleted or not. */
export async function taskHistory(deps: Deps, actor: Actor, id: string, query: HistoryQuery): Promise<Page> {
  await loadTask(deps, actor, id)
  return history(deps.reader, id, query)
}
