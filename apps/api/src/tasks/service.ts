import { randomUUID } from 'node:crypto'
import { goalReadable, prepareStatement, type TaskState, taskJson, taskVisible } from '@goals-tasks/db'
import type { EventType, Task } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { announcementBy, type Caller, type Deps } from '../deps.ts'
import { type Answer, changeEntity, contended, maxTries, type Stored } from '../entities/change.ts'
import { checkFreeForm } from '../entities/free-form.ts'
import { gone } from '../entities/gone.ts'
import { createHistory, type HistoryQuery } from '../entities/history.ts'
import type { Page } from '../entities/keyset.ts'
import { patchFields } from '../entities/merge-patch.ts'
import { checkPrecondition, type Precondition } from '../entities/precondition.ts'
import { checkTransition, taskTransitions } from '../entities/transitions.ts'
import { forbidden, notFound, Problem } from '../errors.ts'
import { canonical } from './canonical.ts'
import { checkDue } from './due.ts'
import { checkTaskChange, ownsTask } from './permissions.ts'
import type { NewTask, TaskPatch } from './schemas.ts'

/** A task of which nothing but the title was said. */
const unset = {
  ...{ description: null, assignedTo: null, priority: 'MEDIUM' as const, dueDate: null, dueAt: null, dueZone: null },
  ...{ estimatedHours: null, actualHours: null, tags: [] as string[], metadata: {} },
}

/** Creates a task in an open goal of the caller's. */
export async function createTask(
  deps: Deps,
  caller: Caller,
  goalId: string,
  input: NewTask,
): Promise<Answer & { id: string }> {
  const task = { ...unset, ...canonical(input), id: randomUUID(), goalId, userId: caller.id }
  checkFreeForm(task)
  checkDue(task)
  const types: EventType[] = task.assignedTo === null ? ['task:created'] : ['task:created', 'task:assigned']
  const committed = await deps.commit.createTask({
    by: caller,
    values: task,
    announcement: announcementBy(caller, types),
  })
  if (!committed) throw await whyNoTask(deps, caller, goalId)
  deps.dispatcher.nudge(committed.events)
  return { ...committed, id: task.id }
}

const goalState = prepareStatement<{ open: boolean; deleted: boolean; ownerId: string }>(
  'goal_state',
  sql`select status in ('ACTIVE', 'ON_HOLD') as open, deleted_at is not null as deleted, user_id as "ownerId"
      from goals where id = ${sql.placeholder('goalId')}::uuid and ${goalReadable}`,
)

async function whyNoTask({ pool }: Deps, caller: Caller, goalId: string): Promise<Problem> {
  const [goal] = await goalState(pool, { goalId, principalId: caller.id, admin: caller.admin })
  if (!goal) return notFound('goal')
  if (goal.deleted) return new Problem('goal-deleted', 'The goal is deleted: restore it first.')
  if (goal.ownerId !== caller.id && !caller.admin) return forbidden('Only its owner may add tasks to a goal.')
  return new Problem('goal-closed', 'The goal is closed: reopen it first.')
}

type StoredTask = Stored & { ownerId: string }
const byId = prepareStatement<StoredTask>(
  'task_by_id',
  sql`select ${taskJson()}::text as text, version, owner_id as "ownerId", deleted_at is not null as deleted
      from tasks where id = ${sql.placeholder('id')}::uuid and ${taskVisible}`,
)

async function loadTask({ pool }: Deps, caller: Caller, id: string): Promise<StoredTask> {
  const [task] = await byId(pool, { id, principalId: caller.id, admin: caller.admin })
  if (!task) throw notFound('task')
  return task
}

/** @returns the task; a deleted one only when asked for */
export async function readTask(deps: Deps, caller: Caller, id: string, includeDeleted: boolean): Promise<Answer> {
  const task = await loadTask(deps, caller, id)
  if (task.deleted && !includeDeleted) throw gone(task.text, deps.retentionDays)
  return task
}

const history = createHistory('task', sql`task_audit_log`, sql`task_id`)

/** Every version of a task, for those who may read it, deleted or not. */
export async function taskHistory(deps: Deps, caller: Caller, id: string, query: HistoryQuery): Promise<Page> {
  await loadTask(deps, caller, id)
  return history(deps.pool, id, query)
}

/** Applies a merge patch. @returns the task as it then is, untouched when nothing would change */
export function patchTask(
  deps: Deps,
  caller: Caller,
  id: string,
  patch: TaskPatch,
  precondition: Precondition,
): Promise<Answer> {
  const { version: _, ...fields } = patch
  const wanted = canonical(fields)
  return changeTask(deps, caller, id, (task) => patchFields(task, wanted), precondition)
}

export function completeTask(deps: Deps, caller: Caller, id: string, precondition: Precondition): Promise<Answer> {
  return changeTask(deps, caller, id, (task) => ({ ...task, status: 'COMPLETED' }), precondition)
}

/** Soft-deletes a task. Deleting again changes nothing. */
export async function deleteTask(deps: Deps, caller: Caller, id: string, precondition: Precondition): Promise<void> {
  for (let attempt = 1; attempt <= maxTries; attempt++) {
    const task = await loadTask(deps, caller, id)
    if (task.deleted) return
    checkPrecondition(precondition, task)
    if (!ownsTask(caller, task)) throw forbidden('Only the owner of its goal may delete a task.')
    const values = { id, version: task.version }
    const announcement = announcementBy(caller, ['task:deleted'])
    const committed = await deps.commit.deleteTask({ by: caller, values, announcement })
    if (committed) return deps.dispatcher.nudge(committed.events)
  }
  throw contended()
}

async function changeTask(
  deps: Deps,
  caller: Caller,
  id: string,
  want: (task: TaskState) => TaskState,
  precondition: Precondition,
): Promise<Answer> {
  const answer = await changeEntity<StoredTask, TaskState>({
    read: () => loadTask(deps, caller, id),
    precondition,
    states(stored) {
      const current = JSON.parse(stored.text) as Task
      return { current, next: want(current) }
    },
    decide(stored, current, next) {
      checkTaskChange(caller, stored, current, next)
      checkTransition(taskTransitions, current.status, next.status)
      checkFreeForm(next)
      checkDue(next)
      return { ...next, ...consequences(deps, current, next) }
    },
    commit: (stored, current, next) =>
      deps.commit.updateTask({
        by: caller,
        values: { ...next, id, version: stored.version },
        announcement: announcementBy(caller, announced(current, next)),
      }),
  })
  if (answer.committed) deps.dispatcher.nudge(answer.committed.events)
  return answer
}

/** What a status entails: the instant of completion, and where a manual block came from. */
function consequences(
  { clock }: Deps,
  current: TaskState,
  next: TaskState,
): Pick<TaskState, 'completedAt' | 'blockKind' | 'blockedFrom'> {
  const completedAt = next.status === 'COMPLETED' ? (current.completedAt ?? new Date(clock()).toISOString()) : null
  if (next.status !== 'BLOCKED') return { completedAt, blockKind: null, blockedFrom: null }
  const { blockKind, blockedFrom } =
    current.status === 'BLOCKED' ? current : { blockKind: 'MANUAL' as const, blockedFrom: current.status }
  return { completedAt, blockKind, blockedFrom }
}

/** The primary event, then the milestones that the change reached. */
function announced(current: TaskState, next: TaskState): EventType[] {
  const completed = next.status === 'COMPLETED' && current.status !== 'COMPLETED'
  const assigned = next.assignedTo !== null && next.assignedTo !== current.assignedTo
  return [
    'task:updated',
    ...(completed ? (['task:completed'] as const) : []),
    ...(assigned ? (['task:assigned'] as const) : []),
  ]
}
