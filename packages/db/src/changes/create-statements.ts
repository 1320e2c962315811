import type { AggregateType } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { columnNames, type Field, recordset, toRecord } from '../engine/column-lists.ts'
import { prepareStatement } from '../engine/statement.ts'
import { goalWritableBy, taskReaders } from '../reads/visibility.ts'
import { goals } from '../schema/goals.ts'
import { tasks } from '../schema/tasks.ts'
import type { Change, Committed } from './change.ts'
import { emitEvents, emittedEventsByEntity } from './events.ts'
import { goalWrites, taskWrites } from './fields.ts'

/**
 * Statements that insert any number of rows with their events. Each row has its own actor and metadata. A statement
 * returns the rows that it inserted, in no particular order.
 */

export type Created = Committed & { id: string }
export type Insert = ReturnType<typeof prepareStatement<Created>>

/** Returns one element of the statement's input: the row and the event metadata, under the names of `inputOf`. */
export function toInput<T extends PgTable>(table: T, fields: readonly Field<T>[], change: Change<object>) {
  const { values, metadata } = change
  return {
    ...toRecord(table, fields, values),
    types: metadata.types,
    actor_id: metadata.actorId,
    as_admin: metadata.asAdmin ?? false,
    reason: metadata.reason,
    correlation_id: metadata.correlationId,
    causation_id: metadata.causationId,
    cascade_id: metadata.cascadeId,
    traceparent: metadata.traceparent,
  }
}

const inputOf = <T extends PgTable>(table: T, fields: readonly Field<T>[]) => sql`input as materialized (
  select * from json_to_recordset(${sql.placeholder('input')}::json) as x(
    ${recordset(table, fields)}, types text[], actor_id uuid, as_admin boolean, reason text,
    correlation_id text, causation_id uuid, cascade_id uuid, traceparent text)
)`

type Parts = { input: SQL; inserted: SQL; alongside?: SQL | undefined }

function insertStatement(name: string, aggregate: AggregateType, { input, inserted, alongside = sql`` }: Parts) {
  return prepareStatement<Created>(
    name,
    sql`with ${input}, inserted as (${inserted}), changed as (
          select inserted.*, null::json as before, types, actor_id, as_admin, reason, correlation_id, causation_id,
                 cascade_id, traceparent
          from inserted join input using (id)
        ), ${emitEvents(aggregate, {
          types: sql`changed.types`,
          actorId: sql`changed.actor_id`,
          asAdmin: sql`changed.as_admin`,
          reason: sql`changed.reason`,
          correlationId: sql`changed.correlation_id`,
          causationId: sql`changed.causation_id`,
          cascadeId: sql`changed.cascade_id`,
          traceparent: sql`changed.traceparent`,
        })}${alongside}
        select inserted.id, after::text as text, version, by_entity.events
        from inserted join ${emittedEventsByEntity} by_entity on by_entity.aggregate_id = inserted.id`,
  )
}

export const insertGoals = insertStatement('goals_create', 'goal', {
  input: inputOf(goals, goalWrites.insert),
  inserted: sql`
    insert into goals (${columnNames(goals, goalWrites.insert)})
    select ${columnNames(goals, goalWrites.insert)} from input
    returning id, version, representation as after, array[user_id] as readers, null::uuid[] as goal_ids`,
})

type TaskInsert = { fields: readonly Field<typeof tasks>[]; lockWait?: SQL; alongside?: SQL }

/** Prepares a statement that locks the goals and inserts tasks into the ones that are open, live and the actor's. */
const insertTasksStatement = (name: string, { fields, lockWait = sql``, alongside }: TaskInsert) =>
  insertStatement(name, 'task', {
    input: inputOf(tasks, fields),
    inserted: sql`
      insert into tasks (${columnNames(tasks, fields)}, owner_id)
      select ${columnNames(tasks, fields, 'input')}, goals.user_id from input join goals on goals.id = input.goal_id
      where goals.deleted_at is null and goals.status in ('ACTIVE', 'ON_HOLD')
        and ${goalWritableBy(sql`input.actor_id`, sql`input.as_admin`)}
      for share of goals ${lockWait}
      returning id, version, tasks.representation as after, ${taskReaders('tasks')} as readers,
                array[goal_id] as goal_ids`,
    alongside,
  })

/** Waits for the locks of the goals. */
export const insertTasks = insertTasksStatement('task_create', { fields: taskWrites.insert })
/** Fails with SQLSTATE 55P03 when another transaction holds the lock of a goal. */
export const insertTasksAtOnce = insertTasksStatement('tasks_create', {
  fields: taskWrites.insert,
  lockWait: sql`nowait`,
})
/** Inserts the edges of each task as well, and counts them on the blockers. */
export const insertDependentTask = insertTasksStatement('task_create_dependent', {
  fields: taskWrites.insertWithEdges,
  alongside: sql`, edges as (
      insert into task_dependencies (task_id, depends_on_id)
      select input.id, blocker::uuid from inserted join input using (id)
      cross join jsonb_array_elements_text(input.dependencies) blocker
      returning depends_on_id
    ), counted as (
      update tasks set dependents_count = dependents_count + 1 where id in (select depends_on_id from edges)
    )`,
})
