import { goalJson, live, principalId } from '@goals-tasks/db'
import { CalendarDate, goalStatuses, priorities } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import type { Caller, Deps } from '../deps.ts'
import { createList, newestFirst, type Page } from '../entities/keyset.ts'
import { anyOf, commaSeparated, defaultLimit, paging, when } from '../entities/list-query.ts'

export const GoalListQuery = Type.Object(
  {
    ...paging,
    status: commaSeparated(goalStatuses),
    priority: commaSeparated(priorities),
    category: Type.Optional(Type.String({ maxLength: 100 })),
    tag: Type.Optional(Type.String({ maxLength: 50 })),
    targetBefore: Type.Optional(CalendarDate),
  },
  { additionalProperties: false },
)

const listOwned = createList(
  'goals_owned',
  (conditions) => sql`select ${goalJson()}::text as text, rfc3339(created_at) as at, id from goals
    where user_id = ${principalId} and ${live} ${conditions} ${newestFirst}`,
)

/** The caller's own live goals, newest first. */
export function listGoals({ pool }: Deps, caller: Caller, query: Static<typeof GoalListQuery>): Promise<Page> {
  const filters = [
    ...anyOf('status', query.status, goalStatuses, sql`status`, 'goal_status'),
    ...anyOf('priority', query.priority, priorities, sql`priority`, 'priority'),
    ...when('category', query.category, sql`category = ${sql.placeholder('category')}`),
    ...when('tag', query.tag, sql`tags ? ${sql.placeholder('tag')}`),
    ...when('targetBefore', query.targetBefore, sql`target_date < ${sql.placeholder('targetBefore')}::date`),
  ]
  return listOwned(pool, {
    limit: query.limit ?? defaultLimit,
    cursor: query.cursor,
    filters,
    values: { principalId: caller.id },
  })
}
