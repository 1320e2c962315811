import type { ListPage } from '@goals-tasks/cache'
import { actorId, type Executor, goalText } from '@goals-tasks/db'
import { type Goal, GoalStatus, maxTextLength, normalizeText, Priority, stringEnum } from '@goals-tasks/events'
import { defaultLimit } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { withMembers } from '../../resource/capabilities.ts'
import { readPage } from '../../resource/lists/cached-page.ts'
import { createListByDeletion } from '../../resource/lists/keyset.ts'
import { anyOf, deletion, listOf, paging, tagFilter, when } from '../../resource/lists/query.ts'
import { loadProgress, type Progress, ProgressMode } from './progress.ts'

const GoalListInclude = stringEnum(['progress'], {
  title: 'GoalListInclude',
  description: 'A member that is computed on request.',
  examples: ['progress'],
})

export const GoalListQuery = Type.Object(
  {
    ...paging,
    ...deletion,
    status: listOf(GoalStatus, 'The statuses of the goals to list.'),
    priority: listOf(Priority, 'The priorities of the entries to list.'),
    category: Type.Optional(
      Type.String({
        maxLength: maxTextLength.category,
        description: 'The category of the goals to list.',
        examples: ['leisure'],
      }),
    ),
    tag: tagFilter,
    targetBefore: Type.Optional(
      Type.String({
        format: 'date',
        description: 'Lists goals with a target date before this day. The day itself is excluded.',
        examples: ['2027-07-01'],
      }),
    ),
    include: listOf(GoalListInclude, 'The members to add to each goal.'),
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
  const withProgress = query.include?.includes('progress') ?? false
  const load = () =>
    ownedBy[query.deleted ?? 'exclude'](db, {
      limit: query.limit ?? defaultLimit,
      cursor: query.cursor,
      filters: filtersOf(query),
      values: { actorId: actor.id, retentionDays },
      ...(withProgress ? { extend: (rows) => addProgress(db, rows, query.progressMode) } : {}),
    })
  // Progress follows from the tasks. Their changes do not invalidate the list of goals, so it is not cached.
  const page = { group: `goals:user:${actor.id}`, variant: query, holder: actor.id } as const
  return withProgress ? load() : readPage(cache, page, query, load)
}

const filtersOf = (query: GoalListQuery) => [
  ...anyOf('status', query.status, sql`status`, 'goal_status'),
  ...anyOf('priority', query.priority, sql`priority`, 'priority'),
  ...when('category', query.category && normalizeText(query.category), sql`category = ${sql.placeholder('category')}`),
  ...when('tag', query.tag && normalizeText(query.tag), sql`tags ? ${sql.placeholder('tag')}`),
  ...when('targetBefore', query.targetBefore, sql`target_date < ${sql.placeholder('targetBefore')}::date`),
]

async function addProgress(db: Executor, rows: string[], mode: Progress['mode'] = 'TASK_COUNT'): Promise<string[]> {
  const ids = rows.map((row) => (JSON.parse(row) as Goal).id)
  const progress = await loadProgress(db, ids, mode)
  return rows.map((row, i) => withMembers(row, { progress: progress.get(ids[i] ?? '') }))
}
