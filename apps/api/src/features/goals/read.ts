import { randomUUID } from 'node:crypto'
import type { Change } from '@goals-tasks/cache'
import { type Executor, goalReadable, prepareLookup, prepareStatement } from '@goals-tasks/db'
import type { Goal } from '@goals-tasks/events'
import type { Page } from '@goals-tasks/http'
import { forbidden, notFound } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import { announcementBy, type Caller, type Deps, principalOf } from '../../deps.ts'
import { cacheReader } from '../../resource/cache-reader.ts'
import { type Capabilities, capabilitiesOf, withMembers } from '../../resource/capabilities.ts'
import { gone, isExpired } from '../../resource/deleted.ts'
import { checkFreeForm } from '../../resource/free-form.ts'
import { createHistory, type HistoryQuery } from '../../resource/history.ts'
import type { Answer, Stored } from '../../resource/optimistic-change.ts'
import { type Progress, readProgress } from './progress.ts'
import type { NewGoal } from './schemas.ts'
import { goalTransitions, goalVerbs, goalVerbTargets } from './states.ts'

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
  { commit, publish }: Deps,
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
  await publish(committed.events)
  return { ...committed, id: goal.id }
}

export type StoredGoal = Stored & {
  ownerId: string
  /** The deletion that took it, and the closing that closed tasks along with it. */
  deleteCascadeId: string | null
  closeCascadeId: string | null
}

/** What the cache holds of it. */
export const goalShownAs = ({ id, version, ownerId }: StoredGoal): Change => ({
  entities: [{ kind: 'goal', id, version }],
  scopes: [`goals:user:${ownerId}`, `tasks:goal:${id}`],
})

const select = sql`select id, representation::text as text, version, user_id as "ownerId", deleted_at is not null as deleted,
    delete_cascade_id as "deleteCascadeId", close_cascade_id as "closeCascadeId"
  from goals where id = ${sql.placeholder('id')}::uuid and ${goalReadable}`
const byId = prepareLookup<StoredGoal>('goal_by_id', select)
const byIdLocked = prepareStatement<StoredGoal>('goal_by_id_locked', sql`${select} for no key update of goals`)

/** The goal, deleted or not, of its owner or of one of its assignees. @throws Problem 404 for everyone else */
export async function loadGoal(
  deps: Deps,
  on: Executor,
  caller: Caller,
  id: string,
  how: { locked: boolean } = { locked: false },
): Promise<StoredGoal> {
  const question = { id, ...principalOf(caller) }
  const goal = how.locked ? (await byIdLocked(on, question))[0] : await byId(on, question)
  if (!goal || isExpired(deps, goal)) throw notFound('goal')
  return goal
}

/**
 * As `loadGoal`, for a change. Whoever sees a header only is turned away before anything is compared: neither a refusal nor
 * a patch that changes nothing may tell them what the other fields hold.
 */
export async function loadOwnGoal(...args: Parameters<typeof loadGoal>): Promise<StoredGoal> {
  const goal = await loadGoal(...args)
  if (!owns(args[2], goal)) throw forbidden('Only its owner may change a goal.')
  return goal
}

const owns = (caller: Caller, goal: StoredGoal) => caller.admin || goal.ownerId === caller.id

/** `view` says that it is no plain representation: a header, or one with more in it than the goal's own fields. */
export type GoalAnswer = Answer & { view: boolean }
export type GoalInclude = { includeDeleted: boolean; progress?: Progress['mode']; capabilities: boolean }

/** @returns the goal, or, for an assignee of one of its tasks, its header; a deleted one only when asked for */
export async function readGoal(deps: Deps, caller: Caller, id: string, include: GoalInclude): Promise<GoalAnswer> {
  if (!include.includeDeleted && !include.progress && !include.capabilities) return readPlainGoal(deps, caller, id)
  const goal = await loadGoal(deps, deps.db, caller, id)
  if (goal.deleted && !include.includeDeleted) throw gone(deps, `/v1/goals/${id}`, goal)
  if (!owns(caller, goal)) return { ...goal, text: headerOf(goal), view: true }
  const members = {
    ...(include.progress ? { progress: await readProgress(deps, goal.id, include.progress) } : {}),
    ...(include.capabilities ? { capabilities: goalCapabilities(goal) } : {}),
  }
  return { ...goal, text: withMembers(goal.text, members), view: Object.keys(members).length > 0 }
}

/** Out of the cache for its owner; a header is made anew each time. */
async function readPlainGoal(deps: Deps, caller: Caller, id: string): Promise<GoalAnswer> {
  const answer = await deps.cache.readEntity('goal', id.toLowerCase(), cacheReader(caller), async () => {
    const goal = await loadGoal(deps, deps.db, caller, id)
    if (goal.deleted) throw gone(deps, `/v1/goals/${id}`, goal)
    const owned = owns(caller, goal)
    return { version: goal.version, text: owned ? goal.text : headerOf(goal), readers: owned ? [goal.ownerId] : [] }
  })
  if (!answer) throw notFound('goal')
  return { ...answer, view: answer.readers.length === 0 }
}

function headerOf(goal: StoredGoal): string {
  const { id, title, status, targetDate } = JSON.parse(goal.text) as Goal
  return JSON.stringify({ id, title, status, targetDate })
}

function goalCapabilities({ text, deleted }: StoredGoal): Capabilities {
  const { status } = JSON.parse(text) as Goal
  return capabilitiesOf(
    { status, deleted },
    {
      table: goalTransitions,
      verbs: goalVerbs,
      target: (verb) => goalVerbTargets[verb],
      outcome: (to) => ({ allowed: true, to }),
    },
  )
}

const history = createHistory('goal', sql`goal_audit_log`, sql`goal_id`)

/** Every version of a goal, for its owner, deleted or not. */
export async function goalHistory(deps: Deps, caller: Caller, id: string, query: HistoryQuery): Promise<Page> {
  const goal = await loadGoal(deps, deps.db, caller, id)
  if (!owns(caller, goal)) throw forbidden('Only its owner may read the history of a goal.')
  return history(deps.db, id, query)
}
