import type { ListPage } from '@goals-tasks/cache'
import { isUuid } from '@goals-tasks/config/uuid'
import { actorId, taskCreated, taskText, taskVisible } from '@goals-tasks/db'
import { normalizeText, Priority, TaskStatus } from '@goals-tasks/events'
import type { Page } from '@goals-tasks/http'
import { defaultLimit, invalidRequest, showValue } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import Type, { type Static } from 'typebox'
import type { Deps } from '../../deps.ts'
import { type Actor, actorValues } from '../../resource/actor.ts'
import { gone } from '../../resource/deleted.ts'
import { readPage } from '../../resource/lists/cached-page.ts'
import { createListByDeletion } from '../../resource/lists/keyset.ts'
import { anyOf, deletion, listOf, paging, tagFilter, when } from '../../resource/lists/query.ts'
import { loadGoal } from '../goals/read.ts'

/** A query parameter with a bound on the day on which a task is due. */
const dueDay = (bound: 'before' | 'after', example: string) =>
  Type.Optional(
    Type.String({
      format: 'date',
      description:
        `Lists tasks that are due ${bound} this day. The day itself is excluded. ` +
        '`dueAt` counts as its day in `dueZone`, which is UTC by default.',
      examples: [example],
    }),
  )

export const TaskListQuery = Type.Object(
  {
    ...paging,
    ...deletion,
    status: listOf(TaskStatus, 'The statuses of the tasks to list.'),
    priority: listOf(Priority, 'The priorities of the entries to list.'),
    assignedTo: Type.Optional(
      Type.String({ description: 'The assignee of the tasks to list: `me` or the id of a user.', examples: ['me'] }),
    ),
    tag: tagFilter,
    dueBefore: dueDay('before', '2027-04-01'),
    dueAfter: dueDay('after', '2027-02-28'),
  },
  { additionalProperties: false },
)
type TaskListQuery = Static<typeof TaskListQuery>

const text = taskText('tasks')

const ofGoal = createListByDeletion(
  'tasks_goal',
  text,
  (liveness, conditions) =>
    sql`from tasks where goal_id = ${sql.placeholder('goalId')}::uuid and ${liveness} and ${taskVisible} ${conditions}`,
)

const assigned = createListByDeletion(
  'tasks_assigned',
  text,
  (liveness, conditions) => sql`from tasks where assigned_to = ${actorId} and ${liveness} ${conditions}`,
)

const limit = sql`order by created_at desc, id desc limit ${sql.placeholder('limit')}::int`
const branch = sql`select ${text} as text, created_at, id from tasks`
/** Three keyset scans, each along an index of its own. No index would serve one scan with OR. */
const visible = createListByDeletion(
  'tasks_visible',
  sql`text`,
  (liveness, conditions) => sql`from (
      (${branch} where owner_id = ${actorId} and ${liveness} ${conditions} ${limit})
      union all
      (${branch} where assigned_to = ${actorId} and owner_id <> ${actorId} and ${liveness} ${conditions} ${limit})
      union all
      (${branch} where user_id <> owner_id and owner_id <> ${actorId} and assigned_to is distinct from ${actorId}
         and ${taskCreated} and ${liveness} ${conditions} ${limit})
    ) visible`,
)

/** Lists the tasks of a goal that the actor may see: all of them for its owner, their own for an assignee. */
export function listTasksOfGoal(deps: Deps, actor: Actor, goalId: string, query: TaskListQuery): Promise<ListPage> {
  const group = `tasks:goal:${goalId.toLowerCase()}` as const
  const variant = [actor.id, actor.admin, query]
  return readPage(deps.cache, { group, variant, holder: actor.id }, query, () =>
    loadTasksOfGoal(deps, actor, goalId, query),
  )
}

async function loadTasksOfGoal(deps: Deps, actor: Actor, goalId: string, query: TaskListQuery): Promise<Page> {
  const page = await ofGoal[query.deleted ?? 'exclude'](deps.db, {
    ...paged(query),
    filters: [...filtersOf(query), ...assignedFilter(query, actor)],
    values: { goalId, ...actorValues(actor), retentionDays: deps.retentionDays },
  })
  // An actor without a visible task may still see the goal. Only then is the goal loaded.
  if (page.empty) {
    const goal = await loadGoal(deps, actor, goalId)
    if (goal.deleted && (query.deleted ?? 'exclude') === 'exclude') throw gone(deps, `/v1/goals/${goalId}`, goal)
  }
  return page
}

/** Lists the tasks of the actor's goals, assigned tasks, and tasks that the actor made elsewhere, newest first. */
export function listTasks(deps: Deps, actor: Actor, query: TaskListQuery): Promise<ListPage> {
  const page = { group: `tasks:user:${actor.id}`, variant: query, holder: actor.id } as const
  return readPage(deps.cache, page, query, () => loadTasks(deps, actor, query))
}

function loadTasks({ db, retentionDays }: Deps, actor: Actor, query: TaskListQuery): Promise<Page> {
  const values = { actorId: actor.id, retentionDays }
  const by = query.deleted ?? 'exclude'
  const mine = query.assignedTo === 'me' || query.assignedTo?.toLowerCase() === actor.id
  if (mine) return assigned[by](db, { ...paged(query), filters: filtersOf(query), values })
  return visible[by](db, {
    ...paged(query),
    filters: [...filtersOf(query), ...assignedFilter(query, actor)],
    values,
  })
}

const paged = (query: TaskListQuery) => ({ limit: query.limit ?? defaultLimit, cursor: query.cursor })

const filtersOf = (query: TaskListQuery) => [
  ...anyOf('status', query.status, sql`status`, 'task_status'),
  ...anyOf('priority', query.priority, sql`priority`, 'priority'),
  ...when('tag', query.tag && normalizeText(query.tag), sql`tags ? ${sql.placeholder('tag')}`),
  ...when(
    'dueBefore',
    query.dueBefore,
    sql`due_day(due_date, due_at, due_zone) < ${sql.placeholder('dueBefore')}::date`,
  ),
  ...when('dueAfter', query.dueAfter, sql`due_day(due_date, due_at, due_zone) > ${sql.placeholder('dueAfter')}::date`),
]

function assignedFilter({ assignedTo }: TaskListQuery, actor: Actor) {
  const id = assignedTo === 'me' ? actor.id : assignedTo
  if (id !== undefined && !isUuid(id))
    throw invalidRequest([
      { pointer: '/assignedTo', detail: `must be me or the id of a user, not ${showValue(assignedTo)}` },
    ])
  return when('assignedTo', id, sql`assigned_to = ${sql.placeholder('assignedTo')}::uuid`)
}
