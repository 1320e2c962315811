import { type SQL, sql } from 'drizzle-orm'
import { goalReadableBy, taskVisibleBy } from '../reads/visibility.ts'

const notAsAdmin = sql`false`

/** The event `e` ended the assignment of `reader` in the goal of another user. `bodies` has its states. */
const endsAssignment = (reader: SQL) => sql`e.aggregate_type = 'task' and e.ordinal = 0
      and bodies.before->>'assignedTo' = ${reader}::text and bodies.before->>'ownerId' <> ${reader}::text
      and (bodies.after->>'assignedTo' is distinct from ${reader}::text
        or bodies.after->>'goalId' <> bodies.before->>'goalId' or bodies.after->>'deletedAt' is not null)`

/** `reader` may not see the task. The predicate is null for a task without an assignee. */
const hidden = (reader: SQL) => sql`(${taskVisibleBy(reader, notAsAdmin)}) is not true`

/** An event moved the task out of the goal `goalId`. */
const leftGoal = (goalId: SQL) => sql`exists (
          select from events move where move.aggregate_id = tasks.id and move.before->>'goalId' = ${goalId}::text)`

/**
 * The tasks of other users that `reader` created and saw with the goal `goalId`. A task that left the goal since the
 * event `e` was changed since then. A change has the instant of the begin of its transaction, which ends after 60 s.
 */
const createdTasks = (reader: SQL, goalId: SQL) => sql`
        select tasks.id from tasks
        where tasks.user_id = ${reader} and tasks.user_id <> tasks.owner_id and tasks.deleted_at is null
          and (tasks.goal_id = ${goalId}
            or tasks.updated_at > e.occurred_at - interval '2 minutes' and ${leftGoal(goalId)})
          and ${hidden(reader)}
        union all
        select tasks.id from tasks
        where tasks.goal_id = ${goalId} and tasks.deleted_at is not null
          and tasks.user_id = ${reader} and tasks.user_id <> tasks.owner_id
          and ${hidden(reader)}`

/**
 * Returns the entities (json, or null without any) that `reader` saw only by an assignment that the event `e` ended,
 * and that they may not see now: the goal, and the tasks that they created in it. A goal has at most about 10,000
 * tasks. The statement sees each change whose event is in the cursor after it, so an assignment that is missing here
 * and began meanwhile has a later event. `entities` (text[]) are the kinds to return. The query has the columns of the
 * event in `e` and its states in `bodies`.
 */
export const alsoRemoved = (reader: SQL, entities: SQL): SQL => sql`
    case when ${endsAssignment(reader)} then (
      select json_agg(json_build_object('entityType', kind, 'entityId', lost.id) order by kind, lost.id)
      from (select (bodies.before->>'goalId')::uuid as goal_id) ended
      cross join lateral (
        select 'goal' as kind, ended.goal_id as id
        union all
        select 'task', created.id from (${createdTasks(reader, sql`ended.goal_id`)}) created
        where created.id <> e.aggregate_id
      ) lost
      where kind = any(${entities})
        and not exists (select from goals where goals.id = ended.goal_id and ${goalReadableBy(reader, notAsAdmin)})
    ) end`
