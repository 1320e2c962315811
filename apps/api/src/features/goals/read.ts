import type { Invalidation } from '@goals-tasks/cache'
import { goalReadable, goalText, prepareLookup, prepareStatement } from '@goals-tasks/db'
import type { Goal } from '@goals-tasks/events'
import { forbidden, notFound, type Page } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../deps.ts'
import { type Actor, actorValues } from '../../resource/actor.ts'
import { readThroughCache } from '../../resource/cached-read.ts'
import { type Capabilities, capabilitiesOf, withMembers } from '../../resource/capabilities.ts'
import { gone, isExpired } from '../../resource/deleted.ts'
import { createHistory, type HistoryQuery } from '../../resource/history.ts'
import { entity, type Representation, view } from '../../resource/http/reply.ts'
import type { Stored } from '../../resource/optimistic-change.ts'
import { type Progress, readProgress } from './progress.ts'
import { goalTransitions, goalVerbs, goalVerbTargets } from './states.ts'

export type StoredGoal = Stored & {
  ownerId: string
  /** The deletion that took the goal, and the closing that closed tasks with it. */
  deleteCascadeId: string | null
  closeCascadeId: string | null
}

/** Returns the cache keys that hold the goal. */
export const cacheKeysOfGoal = ({ id, version, ownerId }: StoredGoal): Invalidation => ({
  entities: [{ kind: 'goal', id, version }],
  groups: [`goals:user:${ownerId}`, `tasks:goal:${id}`],
})

const select = sql`select id, ${goalText('goals')} as text, version, user_id as "ownerId",
    deleted_at is not null as deleted, delete_cascade_id as "deleteCascadeId", close_cascade_id as "closeCascadeId"
  from goals where id = ${sql.placeholder('id')}::uuid and ${goalReadable}`
const byId = prepareLookup<StoredGoal>('goal_by_id', select)
const byIdLocked = prepareStatement<StoredGoal>('goal_by_id_locked', sql`${select} for no key update of goals`)

/** Loads a goal, deleted or not, for its owner and its assignees. @throws Problem 404 for other users */
export async function loadGoal(
  deps: Deps,
  actor: Actor,
  id: string,
  { locked }: { locked: boolean } = { locked: false },
): Promise<StoredGoal> {
  const values = { id, ...actorValues(actor) }
  const goal = locked ? (await byIdLocked(deps.db, values))[0] : await byId(deps.db, values)
  if (!goal || isExpired(deps, goal)) throw notFound('goal')
  return goal
}

/**
 * Loads a goal for a change. An assignee, who sees the summary only, gets 403 before anything is compared: a refusal or
 * an unchanged response could reveal the other fields.
 */
export async function loadOwnGoal(...args: Parameters<typeof loadGoal>): Promise<StoredGoal> {
  const goal = await loadGoal(...args)
  if (!owns(args[1], goal)) throw forbidden('Only its owner may change a goal.')
  return goal
}

const owns = (actor: Actor, goal: StoredGoal) => actor.admin || goal.ownerId === actor.id

export type GoalInclude = { includeDeleted: boolean; progress?: Progress['mode']; capabilities: boolean }

/** Reads a goal or, for an assignee of one of its tasks, its summary. A deleted goal only with `includeDeleted`. */
export async function readGoal(deps: Deps, actor: Actor, id: string, include: GoalInclude): Promise<Representation> {
  if (!include.includeDeleted && !include.progress && !include.capabilities) return readPlainGoal(deps, actor, id)
  const goal = await loadGoal(deps, actor, id)
  if (goal.deleted && !include.includeDeleted) throw gone(deps, `/v1/goals/${id}`, goal)
  if (!owns(actor, goal)) return view(summaryOf(goal))
  const members = {
    ...(include.progress ? { progress: await readProgress(deps, goal.id, include.progress) } : {}),
    ...(include.capabilities ? { capabilities: goalCapabilities(goal) } : {}),
  }
  return Object.keys(members).length > 0
    ? view(withMembers(goal.text, { ...members, ...full }))
    : entity(withFullView(goal))
}

/** Reads the plain goal through the cache. The cache keeps it for its owner; a summary is made each time. */
async function readPlainGoal(deps: Deps, actor: Actor, id: string): Promise<Representation> {
  const found = await readThroughCache(deps, actor, 'goal', id, async () => {
    const goal = await loadGoal(deps, actor, id)
    if (goal.deleted) throw gone(deps, `/v1/goals/${id}`, goal)
    const owned = owns(actor, goal)
    return { version: goal.version, text: owned ? goal.text : summaryOf(goal), readers: owned ? [goal.ownerId] : [] }
  })
  return found.readers.length === 0 ? view(found.text) : entity(withFullView(found))
}

/** The member that distinguishes the whole goal from its summary. */
const full = { view: 'full' }

/** Returns the goal with the member `view`, as responses have it. Events and the cache have the goal without it. */
export const withFullView = <G extends { text: string }>(goal: G): G => ({
  ...goal,
  text: withMembers(goal.text, full),
})

/** Returns what an assignee sees of a goal. */
function summaryOf(goal: StoredGoal): string {
  const { id, title, status, targetDate } = JSON.parse(goal.text) as Goal
  return JSON.stringify({ id, title, status, targetDate, view: 'summary' })
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

/** Lists the versions of a goal, for its owner, deleted or not. */
export async function goalHistory(deps: Deps, actor: Actor, id: string, query: HistoryQuery): Promise<Page> {
  const goal = await loadGoal(deps, actor, id)
  if (!owns(actor, goal)) throw forbidden('Only its owner may read the history of a goal.')
  return history(deps.reader, id, query)
}
