import { goalReadable, live, prepareStatement, principalId, taskJson, taskVisible } from '@goals-tasks/db'
import { CalendarDate, priorities, taskStatuses } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import type { Caller, Deps } from '../deps.ts'
import { createList, newestFirst, type Page } from '../entities/keyset.ts'
import { anyOf, commaSeparated, defaultLimit, paging, when } from '../entities/list-query.ts'
import { notFound, Problem } from '../errors.ts'

export const TaskListQuery = Type.Object(
  {
    ...paging,
    status: commaSeparated(taskStatuses),
    priority: commaSeparated(priorities),
    assignedTo: Type.Optional(Type.String({ description: '`me` or the id of a user' })),
    tag: Type.Optional(Type.String({ maxLength: 50 })),
    dueBefore: Type.Optional(CalendarDate),
    dueAfter: Type.Optional(CalendarDate),
  },
  { additionalProperties: false },
)
type TaskListQuery = Static<typeof TaskListQuery>

const row = sql`${taskJson()}::text as text, rfc3339(created_at) as at, id`

const listOfGoal = createList(
  'tasks_goal',
  (conditions) => sql`select ${row} from tasks
    where goal_id = ${sql.placeholder('goalId')}::uuid and ${live}
      and ${taskVisible} ${conditions} ${newestFirst}`,
)

const listAssigned = createList(
  'tasks_assigned',
  (conditions) =>
    sql`select ${row} from tasks where assigned_to = ${principalId} and ${live} ${conditions} ${newestFirst}`,
)

/** Two keyset scans, each along an index of its own, instead of one OR that no index serves. */
const listVisible = createList(
  'tasks_visible',
  (conditions) => sql`select text, at, id from (
      (select ${row}, created_at from tasks where owner_id = ${principalId} and ${live} ${conditions} ${newestFirst})
      union all
      (select ${row}, created_at from tasks where assigned_to = ${principalId} and owner_id <> ${principalId} and ${live} ${conditions} ${newestFirst})
    ) visible ${newestFirst}`,
)

/** The live tasks of a goal that the caller may see: all of them for its owner, their own for an assignee. */
export async function listTasksOfGoal(deps: Deps, caller: Caller, goalId: string, query: TaskListQuery): Promise<Page> {
  const values = { goalId, principalId: caller.id, admin: caller.admin }
  const page = await listOfGoal(deps.pool, {
    ...paged(query),
    filters: [...filtersOf(query), ...assignedFilter(query, caller)],
    values,
  })
  // Who sees no task may still see the goal; only then is it asked for.
  if (page.empty && !(await goalExists(deps, caller, goalId))) throw notFound('goal')
  return page
}

/** The live tasks of the caller's goals and those assigned to the caller, newest first. */
export function listTasks({ pool }: Deps, caller: Caller, query: TaskListQuery): Promise<Page> {
  const values = { principalId: caller.id }
  const mine = query.assignedTo === 'me' || query.assignedTo === caller.id
  if (mine) return listAssigned(pool, { ...paged(query), filters: filtersOf(query), values })
  return listVisible(pool, {
    ...paged(query),
    filters: [...filtersOf(query), ...assignedFilter(query, caller)],
    values,
  })
}

const paged = (query: TaskListQuery) => ({ limit: query.limit ?? defaultLimit, cursor: query.cursor })

const filtersOf = (query: TaskListQuery) => [
  ...anyOf('status', query.status, taskStatuses, sql`status`, 'task_status'),
  ...anyOf('priority', query.priority, priorities, sql`priority`, 'priority'),
  ...when('tag', query.tag, sql`tags ? ${sql.placeholder('tag')}`),
  ...when(
    'dueBefore',
    query.dueBefore,
    sql`coalesce(due_date, (due_at at time zone 'UTC')::date) < ${sql.placeholder('dueBefore')}::date`,
  ),
  ...when(
    'dueAfter',
    query.dueAfter,
    sql`coalesce(due_date, (due_at at time zone 'UTC')::date) > ${sql.placeholder('dueAfter')}::date`,
  ),
]

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function assignedFilter({ assignedTo }: TaskListQuery, caller: Caller) {
  const id = assignedTo === 'me' ? caller.id : assignedTo
  if (id !== undefined && !uuid.test(id))
    throw new Problem('invalid-request', '/assignedTo must be `me` or the id of a user')
  return when('assignedTo', id, sql`assigned_to = ${sql.placeholder('assignedTo')}::uuid`)
}

const goalById = prepareStatement<{ id: string }>(
  'goal_exists',
  sql`select id from goals where id = ${sql.placeholder('goalId')}::uuid and ${live} and ${goalReadable}`,
)

async function goalExists({ pool }: Deps, caller: Caller, goalId: string): Promise<boolean> {
  return (await goalById(pool, { goalId, principalId: caller.id, admin: caller.admin })).length > 0
}
