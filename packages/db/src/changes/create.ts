import type { AggregateType } from '@goals-tasks/events'
import { type SQL, sql } from 'drizzle-orm'
import { columnNames, type Field } from '../engine/column-lists.ts'
import { type Executor, prepareStatement } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { goalJson, taskJson } from '../reads/representation.ts'
import { goalWritableBy, taskReaders } from '../reads/visibility.ts'
import { goals } from '../schema/goals.ts'
import { tasks } from '../schema/tasks.ts'
import type { Change, Committed } from './change.ts'
import { inputOf } from './create-input.ts'
import { emitEvents, emittedEventsByEntity } from './events.ts'
import { type DependentTask, goalWrites, type NewGoal, type NewTask, taskWrites } from './fields.ts'
import { batched, type Create, type Created, insertOne } from './insert-in-batches.ts'

/** Returns a function that creates a goal. Concurrent calls share a statement and its commit. */
export const createGoals = (db: Executor): Create<NewGoal> => batched(db, insertion.goal)

/**
 * Returns a function that creates a task. Concurrent calls share a statement, which locks their goals until the commit.
 * Tasks of a goal that another transaction has locked wait on a few connections of their own, so other tasks do not
 * wait for that goal.
 * @throws Overloaded when a task was not sent within 10 s because the tasks before it waited for their goals
 */
export const createTasks = (db: Executor): Create<NewTask> => batched(db, insertion.taskAtOnce, insertion.task)

/** Creates a goal in the transaction `tx`. */
export const createGoalIn = (tx: Tx, change: Change<NewGoal>): Promise<Committed | null> =>
  insertOne(tx, insertion.goal, change)

/** Creates a task in the transaction `tx`. Waits for the lock of its goal. */
export const createTaskIn = (tx: Tx, change: Change<NewTask>): Promise<Committed | null> =>
  insertOne(tx, insertion.task, change)

/** Creates a task and its edges. The caller holds the locks of the blockers and has computed the block they cause. */
export async function createDependentTaskIn(tx: Tx, change: Change<DependentTask>): Promise<Committed | null> {
  const committed = await insertOne(tx, insertion.dependentTask, change)
  if (committed) tx.events.push(...committed.events)
  return committed
}

type Parts = { input: SQL; inserted: SQL; alongside?: SQL | undefined }

/** Prepares a statement that inserts any number of rows with their events. Each row has its own metadata. */
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

const insertGoals = insertStatement('goals_create', 'goal', {
  input: inputOf(goals, goalWrites.insert),
  inserted: sql`
    insert into goals (${columnNames(goals, goalWrites.insert)})
    select ${columnNames(goals, goalWrites.insert)} from input
    returning id, version, ${goalJson('goals')} as after, array[user_id] as readers, null::uuid[] as goal_ids`,
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
      returning id, version, ${taskJson('tasks')} as after, ${taskReaders('tasks')} as readers,
                array[goal_id] as goal_ids`,
    alongside,
  })

/** Waits for the locks of the goals. */
const insertTasks = insertTasksStatement('task_create', { fields: taskWrites.insert })
/** Fails with SQLSTATE 55P03 when another transaction holds the lock of a goal. */
const insertTasksAtOnce = insertTasksStatement('tasks_create', {
  fields: taskWrites.insert,
  lockWait: sql`nowait`,
})
/** Inserts the edges of each task as well, and counts them on the blockers. */
const insertDependentTask = insertTasksStatement('task_create_dependent', {
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

const insertion = {
  goal: { table: goals, fields: goalWrites.insert, statement: insertGoals },
  task: { table: tasks, fields: taskWrites.insert, statement: insertTasks },
  taskAtOnce: { table: tasks, fields: taskWrites.insert, statement: insertTasksAtOnce },
  dependentTask: { table: tasks, fields: taskWrites.insertWithEdges, statement: insertDependentTask },
}
