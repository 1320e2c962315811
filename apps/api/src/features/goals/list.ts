import type { ListPage } from '@goals-tasks/cache'
import { actorId, type Executor, goalText } from '@goals-tasks/db'
import { type Goal, goalStatuses, maxTextLength, normalizeText, priorities } from '@goals-tasks/events'
import { defaultLimit } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { withMembers } from '../../resource/capabilities.ts'
import { readPage } from '../../resource/lists/cached-page.ts'
import { createListByDeletion } from '../../resource/lists/keyset.ts'
import { anyOf, commaSeparated, deletion, paging, parseInclude, when } from '../../resource/lists/query.ts'
import { loadProgress, type Progress, ProgressMode } from './progress.ts'

export const GoalListQuery = Type.Object(
  {
    ...paging,
    ...deletion,
    status: commaSeparated(goalStatuses),
    priority: commaSeparated(priorities),
    category: Type.Optional(Type.String({ maxLength: maxTextLength.category })),
    tag: Type.Optional(Type.String({ maxLength: maxTextLength.tag })),
    targetBefore: Type.Optional(
      Type.String({ format: 'date', description: 'goals with a target date before this day, the day itself excluded' }),
    ),
    include: commaSeparated(['progress']),
    progressMode: ProgressMode,
  },
  { additionalProperties: false },
)
type GoalListQuery = Static<typeof GoalListQuery>

const ownedBy = createListByDeletion(
  'goals_owned',
  goalText('goals'),
  (liveness, conditions) => sql`from goals where user_id = ${actorId} and ${liveness} ${conditions}`,
)

/** Lists the goals of the actor, newest first. */
export async function listGoals(
  { db, cache, retentionDays }: Deps,
  actor: Actor,
  query: GoalListQuery,
): Promise<ListPage> {
  const include = parseInclude(query.include, ['progress'])
  const load = () =>
    ownedBy[query.deleted ?? 'exclude'](db, {
      limit: query.limit ?? defaultLimit,
      cursor: query.cursor,
      filters: filtersOf(query),
      values: { actorId: actor.id, retentionDays },
      ...(include.has('progress') ? { extend: (rows) => addProgress(db, rows, query.progressMode) } : {}),
    })
  // Progress follows from the tasks. Their changes do not invalidate the list of goals, so it is not cached.
  const page = { group: `goals:user:${actor.id}`, variant: query, holder: actor.id } as const
  return include.has('progress') ? load() : readPage(cache, page, query, load)
}

const filtersOf = (query: GoalListQuery) => [
  ...anyOf('status', query.status, goalStatuses, sql`status`, 'goal_status'),
  ...anyOf('priority', query.priority, priorities, sql`priority`, 'priority'),
  ...when('category', query.category && normalizeText(query.category), sql`category = ${sql.placeholder('category')}`),
  ...when('tag', query.tag && normalizeText(query.tag), sql`tags ? ${sql.placeholder('tag')}`),
  ...when('targetBefore', query.targetBefore, sql`target_date < ${sql.placeholder('targetBefore')}::date`),
]

async function addProgress(db: Executor, rows: string[], mode: Progress['mode'] = 'TASK_COUNT'): Promise<string[]> {
  const ids = rows.map((row) => (JSON.parse(row) as Goal).id)
  const progress = await loadProgress(db, ids, mode)
  return rows.map((row, i) => withMembers(row, { progress: progress.get(ids[i] ?? '') }))
}
