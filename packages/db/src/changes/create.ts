import { type SQL, sql } from 'drizzle-orm'
import { columnNames, type Field } from '../engine/column-lists.ts'
import type { Executor } from '../engine/statement.ts'
import type { Tx } from '../engine/transaction.ts'
import { goalJson, taskJson } from '../reads/representation.ts'
import { goalWritableBy, taskReaders } from '../reads/visibility.ts'
import { goals } from '../schema/goals.ts'
import { tasks } from '../schema/tasks.ts'
import { inputOf, metadataColumns, toInput } from './batch-input.ts'
import { batchStatement, type Write, writeOne } from './batch-statement.ts'
import type { Change, Committed } from './change.ts'
import { concernsAll } from './events.ts'
import { type DependentTask, goalWrites, type NewGoal, type NewTask, taskWrites } from './fields.ts'
import { inBatches } from './write-in-batches.ts'

/** Returns a function that creates a goal. Concurrent calls share a statement and its commit. */
export const createGoals = (db: Executor) => inBatches(db, inserts.goal)

/**
 * Returns a function that creates a task. Concurrent calls share a statement, which locks their goals until the commit.
 * A task is not created when another transaction has locked its goal, so other tasks do not wait for that goal.
 */
export const createTasks = (db: Executor) => inBatches(db, insertTasksOfFreeGoals)

/** Creates a task and its edges. The caller holds the locks of the blockers and has computed the block they cause. */
export async function createDependentTaskIn(tx: Tx, change: Change<DependentTask>): Promise<Committed | null> {
  const committed = await writeOne(tx, insertDependentTask, change)
  if (committed) tx.events.push(...committed.events)
  return committed
}

/** Returns the CTE `changed` of the rows that the CTE `inserted` returns. */
const changedBy = (inserted: SQL) => sql`inserted as (${inserted}), changed as (
    select inserted.*, null::json as before, '{}'::uuid[] as readers_before, ${metadataColumns}
    from inserted join input using (id)
  )`

const insertGoals: Write<NewGoal> = batchStatement('goals_create', {
  aggregate: 'goal',
  key: sql`input.id`,
  isLocked: sql`false`,
  changed: sql`${inputOf(goals, goalWrites.insert)}, ${changedBy(sql`
    insert into goals (${columnNames(goals, goalWrites.insert)})
    select ${columnNames(goals, goalWrites.insert)} from input
    returning id, version, ${goalJson('goals')} as after, array[user_id] as readers_after, null::uuid[] as goal_ids,
              ${concernsAll}`)}`,
  toInput: (change) => toInput(goals, goalWrites.insert, change),
})

type TaskInsert = { fields: readonly Field<typeof tasks>[]; lockWait?: SQL; alongside?: SQL }

/**
 * Prepares a statement that locks the goals and inserts tasks into the ones that are open, live and the actor's. It
 * reads the state of a goal from its locked row.
 */
const insertTasksStatement = <V extends { id: string }>(
  name: string,
  { fields, lockWait = sql``, alongside }: TaskInsert,
): Write<V> =>
  batchStatement<V>(name, {
    aggregate: 'task',
    key: sql`input.id`,
    isLocked: sql`input.goal_id not in (select id from locked)
      and exists (select from goals where goals.id = input.goal_id)`,
    changed: sql`${inputOf(tasks, fields)}, locked as (
        select id, user_id, status, deleted_at from goals where id = any(array(select goal_id from input))
        order by id for share ${lockWait}
      ), ${changedBy(sql`
      insert into tasks (${columnNames(tasks, fields)}, owner_id)
      select ${columnNames(tasks, fields, 'input')}, goals.user_id
      from input join locked goals on goals.id = input.goal_id
      where goals.deleted_at is null and goals.status in ('ACTIVE', 'ON_HOLD')
        and ${goalWritableBy(sql`input.actor_id`, sql`input.as_admin`)}
      returning id, version, ${taskJson('tasks')} as after, ${taskReaders('tasks')} as readers_after,
                array[goal_id] as goal_ids, ${concernsAll}`)}`,
    alongside,
    toInput: (change) => toInput(tasks, fields, change),
  })

/** Leaves out the tasks of goals that another transaction has locked. */
const insertTasksOfFreeGoals = insertTasksStatement<NewTask>('tasks_create', {
  fields: taskWrites.insert,
  lockWait: sql`skip locked`,
})
/** Waits for the locks of the goals. */
const insertTasks = insertTasksStatement<NewTask>('task_create', { fields: taskWrites.insert })
/** Inserts the edges of each task as well, and counts them on the blockers. */
const insertDependentTask = insertTasksStatement<DependentTask>('task_create_dependent', {
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

/** Statements for a transaction. They wait for locks. */
export const inserts = { goal: insertGoals, task: insertTasks }
