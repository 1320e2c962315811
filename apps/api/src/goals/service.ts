import { randomUUID } from 'node:crypto'
import { type GoalState, goalJson, goalReadable, prepareStatement } from '@goals-tasks/db'
import type { EventType, Goal } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { announcementBy, type Caller, type Deps } from '../deps.ts'
import { type Answer, changeEntity, type Stored } from '../entities/change.ts'
import { checkFreeForm } from '../entities/free-form.ts'
import { gone } from '../entities/gone.ts'
import { createHistory, type HistoryQuery } from '../entities/history.ts'
import type { Page } from '../entities/keyset.ts'
import { patchFields } from '../entities/merge-patch.ts'
import type { Precondition } from '../entities/precondition.ts'
import { checkTransition, goalTransitions } from '../entities/transitions.ts'
import { forbidden, notFound } from '../errors.ts'
import type { GoalPatch, NewGoal } from './schemas.ts'

/** A goal of which nothing but the title was said. */
const unset = {
  description: null,
  priority: 'MEDIUM' as const,
  targetDate: null,
  category: null,
  tags: [] as string[],
  metadata: {},
}

/** Creates a goal that the caller owns. */
export async function createGoal(
  { commit, dispatcher }: Deps,
  caller: Caller,
  input: NewGoal,
): Promise<Answer & { id: string }> {
  const goal = { ...unset, ...input, id: randomUUID(), userId: caller.id }
  checkFreeForm(goal)
  const committed = await commit.createGoal({
    by: caller,
    values: goal,
    announcement: announcementBy(caller, ['goal:created']),
  })
  if (!committed) throw new Error('an insert gave no row')
  dispatcher.nudge(committed.events)
  return { ...committed, id: goal.id }
}

type StoredGoal = Stored & { ownerId: string }
const byId = prepareStatement<StoredGoal>(
  'goal_by_id',
  sql`select ${goalJson()}::text as text, version, user_id as "ownerId", deleted_at is not null as deleted
      from goals where id = ${sql.placeholder('id')}::uuid and ${goalReadable}`,
)

/** The goal, deleted or not, of its owner or of one of its assignees. @throws Problem 404 for everyone else */
async function loadGoal({ pool }: Deps, caller: Caller, id: string): Promise<StoredGoal> {
  const [goal] = await byId(pool, { id, principalId: caller.id, admin: caller.admin })
  if (!goal) throw notFound('goal')
  return goal
}

/**
 * As `loadGoal`, for a change. Whoever sees a header only is turned away before anything is compared: neither a refusal nor
 * a patch that changes nothing may tell them what the other fields hold.
 */
async function loadOwnGoal(deps: Deps, caller: Caller, id: string): Promise<StoredGoal> {
  const goal = await loadGoal(deps, caller, id)
  if (!owns(caller, goal)) throw forbidden('Only its owner may change a goal.')
  return goal
}

const owns = (caller: Caller, goal: StoredGoal) => caller.admin || goal.ownerId === caller.id

/** @returns the goal, or, for an assignee of one of its tasks, its header; a deleted one only when asked for */
export async function readGoal(
  deps: Deps,
  caller: Caller,
  id: string,
  includeDeleted: boolean,
): Promise<Answer & { header: boolean }> {
  const goal = await loadGoal(deps, caller, id)
  if (goal.deleted && !includeDeleted) throw gone(goal.text, deps.retentionDays)
  if (owns(caller, goal)) return { ...goal, header: false }
  const { title, status, targetDate } = JSON.parse(goal.text) as Goal
  return { text: JSON.stringify({ id, title, status, targetDate }), version: goal.version, header: true }
}

const history = createHistory('goal', sql`goal_audit_log`, sql`goal_id`)

/** Every version of a goal, for its owner, deleted or not. */
export async function goalHistory(deps: Deps, caller: Caller, id: string, query: HistoryQuery): Promise<Page> {
  const goal = await loadGoal(deps, caller, id)
  if (!owns(caller, goal)) throw forbidden('Only its owner may read the history of a goal.')
  return history(deps.pool, id, query)
}

/** Applies a merge patch. @returns the goal as it then is, untouched when nothing would change */
export async function patchGoal(
  deps: Deps,
  caller: Caller,
  id: string,
  patch: GoalPatch,
  precondition: Precondition,
): Promise<Answer> {
  const { version: _, ...fields } = patch
  return changeGoal(deps, caller, id, (goal) => patchFields(goal, fields), precondition)
}

/** Completes a goal; its open tasks stay as they are. */
export async function completeGoal(
  deps: Deps,
  caller: Caller,
  id: string,
  precondition: Precondition,
): Promise<Answer> {
  return changeGoal(deps, caller, id, (goal) => ({ ...goal, status: 'COMPLETED' }), precondition)
}

async function changeGoal(
  deps: Deps,
  caller: Caller,
  id: string,
  want: (goal: GoalState) => GoalState,
  precondition: Precondition,
): Promise<Answer> {
  const answer = await changeEntity<StoredGoal, GoalState>({
    read: () => loadOwnGoal(deps, caller, id),
    precondition,
    states(stored) {
      const current = JSON.parse(stored.text) as Goal
      return { current, next: want(current) }
    },
    decide(_stored, current, next) {
      checkTransition(goalTransitions, current.status, next.status)
      checkFreeForm(next)
      return { ...next, completedAt: completion(deps, current, next) }
    },
    commit(stored, current, next) {
      const types: EventType[] =
        next.status === 'COMPLETED' && current.status !== 'COMPLETED'
          ? ['goal:updated', 'goal:completed']
          : ['goal:updated']
      return deps.commit.updateGoal({
        by: caller,
        values: { ...next, id, version: stored.version },
        announcement: announcementBy(caller, types),
      })
    },
  })
  if (answer.committed) deps.dispatcher.nudge(answer.committed.events)
  return answer
}

/** Set on entering COMPLETED, kept while there, cleared on leaving. */
function completion({ clock }: Deps, current: GoalState, next: GoalState): string | null {
  if (next.status !== 'COMPLETED') return null
  return current.completedAt ?? new Date(clock()).toISOString()
}
