import type { AggregateType } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { createNaturalBatch } from '../engine/natural-batch.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import { sqlState, type Tx } from '../engine/transaction.ts'
import { goals } from '../schema/goals.ts'
import { tasks } from '../schema/tasks.ts'
import type { Change, Committed } from './change.ts'
import { columnNames, type Field, recordset, toRecord } from './columns.ts'
import { emitEvents, emittedEventsByEntity, subscriptionValues } from './events.ts'
import { type DependentTask, goalWrites, type NewGoal, type NewTask, taskWrites } from './fields.ts'
import { goalWritableBy, taskReaders } from './visibility.ts'

const bounds = { maxQueued: 5_000, maxWaitMs: 10_000 }
/** Two, so that one is being sent while the other is being committed; more only makes the batches smaller. */
const shared = { maxInFlight: 2, maxInputs: 100, ...bounds }
/** Few, so that what fails or waits for a lock leaves the pool's connections to everyone else. */
const single = { maxInFlight: 3, maxInputs: 1, ...bounds }

type Create<V> = (change: Change<V>) => Promise<Committed | null>

/** Concurrent creates of goals share a statement and its commit. */
export const createGoals = (on: Executor): Create<NewGoal> => batched(on, goals, goalWrites.insert, insertGoals)

/**
 * The same for tasks, each with its goal locked until the commit. No statement waits for a goal that somebody is changing,
 * neither shared nor single, but those of the tasks of just that goal: they wait on a few connections, and what finds these
 * taken for too long is refused as `Overloaded`.
 */
export const createTasks = (on: Executor): Create<NewTask> =>
  batched(on, tasks, taskWrites.insert, insertTasksAtOnce, insertTasks)

/** A goal alone, in the caller's transaction. */
export const createGoalIn = (tx: Tx, change: Change<NewGoal>): Promise<Committed | null> =>
  insertOne(tx, goals, goalWrites.insert, insertGoals, change)

/** A task alone, in the caller's transaction; it waits for whoever is changing the goal. */
export const createTaskIn = (tx: Tx, change: Change<NewTask>): Promise<Committed | null> =>
  insertOne(tx, tasks, taskWrites.insert, insertTasks, change)

/** Creates a task and its edges. The caller holds the locks on the blockers, and says what state they put it in. */
export async function createDependentTaskIn(tx: Tx, change: Change<DependentTask>): Promise<Committed | null> {
  const committed = await insertOne(tx, tasks, taskWrites.insertWithEdges, insertDependentTask, change)
  if (committed) tx.events.push(...committed.events)
  return committed
}

type Created = Committed & { id: string }
type Insert = ReturnType<typeof prepareStatement<Created>>

function batched<T extends PgTable, V extends { id: string }>(
  on: Executor,
  table: T,
  fields: readonly Field<T>[],
  atOnce: Insert,
  waiting = atOnce,
): Create<V> {
  const insert = (statement: Insert, changes: readonly Change<V>[]) => insertAll(on, table, fields, statement, changes)

  /** `again` when `passing` says that the next attempt may fare better. */
  const attempt = (limits: typeof shared, passing: (error: unknown) => boolean) =>
    createNaturalBatch<Change<V>, Committed | null | 'again'>(
      (changes) =>
        insert(atOnce, changes).catch((error) => {
          if (passing(error)) return changes.map(() => 'again' as const)
          throw error
        }),
      limits,
    )
  // One row's fault fails the statement for all; alone, it fails nobody but itself.
  const together = attempt(shared, isFaultOfRow)
  const alone = attempt(single, (error) => sqlState(error) === '55P03' && waiting !== atOnce)
  const patiently = createNaturalBatch<Change<V>, Committed | null>((changes) => insert(waiting, changes), single)

  return async (change) => {
    const first = await together(change)
    if (first !== 'again') return first
    const second = await alone(change)
    return second === 'again' ? patiently(change) : second
  }
}

async function insertAll<T extends PgTable, V extends { id: string }>(
  on: Executor,
  table: T,
  fields: readonly Field<T>[],
  statement: Insert,
  changes: readonly Change<V>[],
): Promise<(Committed | null)[]> {
  const input = JSON.stringify(changes.map((change) => toInput(table, fields, change)))
  const types = [...new Set(changes.flatMap((change) => change.metadata.types))]
  const created = await statement(on, { input, ...subscriptionValues(types) })
  const byId = new Map(created.map((row) => [row.id, row]))
  return changes.map((change) => byId.get(change.values.id) ?? null)
}

async function insertOne<T extends PgTable, V extends { id: string }>(
  tx: Tx,
  table: T,
  fields: readonly Field<T>[],
  statement: Insert,
  change: Change<V>,
): Promise<Committed | null> {
  const [committed] = await insertAll(tx, table, fields, statement, [change])
  return committed ?? null
}

/**
 * A bad value, a broken constraint, a lock that is not to be had, a deadlock: nothing was written, and others may fare better.
 * After a lost connection nobody knows what was written, so nothing is repeated.
 */
const isFaultOfRow = (error: unknown) => ['22', '23', '40', '55'].includes(sqlState(error)?.slice(0, 2) ?? '')

/** One element of the statement's input: the row, the principal and the metadata, under the names of `inputOf`. */
function toInput<T extends PgTable, V extends object>(table: T, fields: readonly Field<T>[], change: Change<V>) {
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

function create(name: string, aggregate: AggregateType, input: SQL, inserted: SQL, alongside = sql``): Insert {
  return prepareStatement<Created>(
    name,
    sql`with ${input}, inserted as (${inserted}), changed as (
          select inserted.*, null::json as before, types, actor_id, as_admin, reason, correlation_id, causation_id, cascade_id, traceparent
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
        select inserted.id, after::text as text, version, emitted.events
        from inserted join ${emittedEventsByEntity} emitted on emitted.aggregate_id = inserted.id`,
  )
}

const insertGoals = create(
  'goals_create',
  'goal',
  inputOf(goals, goalWrites.insert),
  sql`insert into goals (${columnNames(goals, goalWrites.insert)}) select ${columnNames(goals, goalWrites.insert)} from input
      returning id, version, representation as after, array[user_id] as readers, null::uuid[] as goal_ids`,
)

const insertTasksWith = (name: string, fields: readonly Field<typeof tasks>[], waiting: SQL, alongside?: SQL) =>
  create(
    name,
    'task',
    inputOf(tasks, fields),
    sql`insert into tasks (${columnNames(tasks, fields)}, owner_id)
        select ${columnNames(tasks, fields, 'input')}, goals.user_id from input join goals on goals.id = input.goal_id
        where goals.deleted_at is null and goals.status in ('ACTIVE', 'ON_HOLD')
          and ${goalWritableBy(sql`input.actor_id`, sql`input.as_admin`)}
        for share of goals ${waiting}
        returning id, version, tasks.representation as after, ${taskReaders('tasks')} as readers, array[goal_id] as goal_ids`,
    alongside,
  )
const insertTasks = insertTasksWith('task_create', taskWrites.insert, sql``)
const insertTasksAtOnce = insertTasksWith('tasks_create', taskWrites.insert, sql`nowait`)
const insertDependentTask = insertTasksWith(
  'task_create_dependent',
  taskWrites.insertWithEdges,
  sql``,
  sql`, edges as (
        insert into task_dependencies (task_id, depends_on_id)
        select input.id, blocker::uuid from inserted join input using (id) cross join jsonb_array_elements_text(input.dependencies) blocker
        returning depends_on_id
      ), counted as (
        update tasks set dependents_count = dependents_count + 1 where id in (select depends_on_id from edges)
      )`,
)
