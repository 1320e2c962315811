import type { ListPage } from '@goals-tasks/cache'
import { type Executor, goalText, principalId } from '@goals-tasks/db'
import { CalendarDate, type Goal, goalStatuses, priorities } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import type { Caller, Deps } from '../deps.ts'
import { withMembers } from '../entities/capabilities.ts'
import { createListByDeletion, type ListRow } from '../entities/keyset.ts'
import { anyOf, commaSeparated, defaultLimit, deletion, paging, parseInclude, when } from '../entities/list-query.ts'
import { readPage } from '../entities/read-page.ts'
import { loadProgress, type Progress, ProgressMode } from './progress.ts'

export const GoalListQuery = Type.Object(
  {
    ...paging,
    ...deletion,
    status: commaSeparated(goalStatuses),
    priority: commaSeparated(priorities),
    category: Type.Optional(Type.String({ maxLength: 100 })),
    tag: Type.Optional(Type.String({ maxLength: 50 })),
    targetBefore: Type.Optional(CalendarDate),
    include: commaSeparated(['progress']),
    progressMode: ProgressMode,
  },
  { additionalProperties: false },
)

const ownedBy = createListByDeletion(
  'goals_owned',
  goalText(),
  (liveness, conditions) => sql`from goals where user_id = ${principalId} and ${liveness} ${conditions}`,
)

/** The caller's own goals, newest first. */
export async function listGoals(
  { db, cache, retentionDays }: Deps,
  caller: Caller,
  query: Static<typeof GoalListQuery>,
): Promise<ListPage> {
  const filters = [
    ...anyOf('status', query.status, goalStatuses, sql`status`, 'goal_status'),
    ...anyOf('priority', query.priority, priorities, sql`priority`, 'priority'),
    ...when('category', query.category, sql`category = ${sql.placeholder('category')}`),
    ...when('tag', query.tag, sql`tags ? ${sql.placeholder('tag')}`),
    ...when('targetBefore', query.targetBefore, sql`target_date < ${sql.placeholder('targetBefore')}::date`),
  ]
  const include = parseInclude(query.include, ['progress'])
  const load = () =>
    ownedBy[query.deleted ?? 'exclude'](db, {
      limit: query.limit ?? defaultLimit,
      cursor: query.cursor,
      filters,
      values: { principalId: caller.id, retentionDays },
      ...(include.has('progress') ? { extend: (rows) => addProgress(db, rows, query.progressMode) } : {}),
    })
  // Progress is the tasks' doing, whose changes leave the list of goals alone.
  return include.has('progress') ? load() : readPage(cache, `goals:user:${caller.id}`, query, query, load)
}

async function addProgress(db: Executor, rows: ListRow[], mode: Progress['mode'] = 'TASK_COUNT'): Promise<ListRow[]> {
  const ids = rows.map((row) => (JSON.parse(row.text) as Goal).id)
  const progress = await loadProgress(db, ids, mode)
  return rows.map((row, i) => ({ text: withMembers(row.text, { progress: progress.get(ids[i] ?? '') }) }))
}
