import type { CommittedEvent, Task } from '@goals-tasks/events'
import { Counter } from '@goals-tasks/observability'
import type pg from 'pg'
import pino from 'pino'
import { expect, test } from 'vitest'
import { runMaintenance } from '../src/runtime/recovery/maintenance.ts'
import { countRows, openPool } from './support/rows.ts'
import { createWriter } from './support/writer.ts'

const log = pino({ level: 'silent' })
const database = () => openPool(6)

/**
 * Runs the maintenance once.
 * @returns the events that it published, and the purged entities as its metric counts them
 */
async function maintain(pool: pg.Pool) {
  const events: CommittedEvent[] = []
  const purged = new Counter({ name: 'purged', help: 'test', labelNames: ['entity'] as const, registers: [] })
  const publish = (committed: readonly CommittedEvent[]) => void events.push(...committed)
  await runMaintenance({ pool, publish, retentionDays: 30, purged, log })
  const { values } = await purged.get()
  return { events, ...Object.fromEntries(values.map(({ labels, value }) => [labels.entity, value])) }
}

const weeks = async (pool: pg.Pool) =>
  (
    await pool.query(
      `select c.relname from pg_inherits join pg_class c on c.oid = inhrelid
       where inhparent = 'events'::regclass order by 1`,
    )
  ).rows.map((row) => row.relname as string)

/** Returns the smallest UUIDv7 of a day. */
const firstIdOf = (day: string) =>
  Date.parse(day)
    .toString(16)
    .padStart(12, '0')
    .padEnd(32, '0')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')

/** Creates the partition of a week that ended long ago. */
const makeOldWeek = (pool: pg.Pool) =>
  pool.query(
    `create table events_20200106 partition of events
     for values from ('${firstIdOf('2020-01-06')}') to ('${firstIdOf('2020-01-13')}')`,
  )

test('maintenance creates the partition of a coming week when it is missing', async () => {
  const pool = await database()
  const before = await weeks(pool)
  const last = before.filter((name) => name !== 'events_default').at(-1)
  await pool.query(`drop table ${last}`)
  await maintain(pool)
  expect(await weeks(pool)).toEqual(before)
})

test('a week past the retention is dropped when no delivery refers to it', async () => {
  const pool = await database()
  await makeOldWeek(pool)
  const eventId = firstIdOf('2020-01-08')
  await pool.query(`insert into deliveries (consumer, event_id) values ('sync', $1)`, [eventId])
  await maintain(pool)
  expect(await weeks(pool)).toContain('events_20200106')
  await pool.query('delete from deliveries')
  await maintain(pool)
  expect(await weeks(pool)).not.toContain('events_20200106')
})

test('a request to a webhook is deleted from the log when it is older than 30 days', async () => {
  const pool = await database()
  await pool.query(
    `insert into webhook_attempts (id, webhook_id, event_id, event_type, attempted_at, duration_ms, outcome)
     select uuidv7(make_interval(days => -i)), uuidv7(), uuidv7(), 'goal:created', now(), 1, 'failed'
     from generate_series(25, 35) i`,
  )
  await maintain(pool)
  expect(await countRows(pool, 'webhook_attempts')).toBe(5)
})

test('a sync run is deleted with its failures when it is older than 30 days', async () => {
  const pool = await database()
  await pool.query(
    `with run as (
       insert into sync_runs (id, owner_id, webhook_id, with_goals, with_tasks)
       select uuidv7(make_interval(days => -i)), uuidv7(), uuidv7(), true, true from generate_series(25, 35) i
       returning id
     ) insert into sync_run_failures (run_id, entity, entity_id, attempts, error)
       select id, 'goal', uuidv7(), 5, 'refused' from run`,
  )
  await maintain(pool)
  expect([await countRows(pool, 'sync_runs'), await countRows(pool, 'sync_run_failures')]).toEqual([5, 5])
})

test('a notification is deleted when it is older than 90 days', async () => {
  const pool = await database()
  await pool.query(
    `insert into notifications (id, user_id, kind, channel, event_id, subject_type, subject_id, title, actor_id)
     select uuidv7(make_interval(days => -i)), gen_random_uuid(), 'task-assigned', 'in-app', uuidv7(), 'task', uuidv7(),
            'a task', gen_random_uuid()
     from generate_series(85, 95) i`,
  )
  expect(await maintain(pool)).toMatchObject({ notification: 6 })
  expect(await countRows(pool, 'notifications')).toBe(5)
})

test('a reminder is deleted when it is older than 30 days', async () => {
  const pool = await database()
  await pool.query(
    `insert into reminders (id, task_id, kind, remind_on)
     select uuidv7(make_interval(days => -i)), gen_random_uuid(), 'due-today', current_date - i
     from generate_series(25, 35) i`,
  )
  expect(await maintain(pool)).toMatchObject({ reminder: 6 })
  expect(await countRows(pool, 'reminders')).toBe(5)
})

test('an idempotency key is deleted when it is older than a day', async () => {
  const pool = await database()
  await pool.query(
    `insert into idempotency_keys (principal_id, route, key, body_hash, status, body, created_at)
     select gen_random_uuid(), 'r', 'k' || i, '', 200, '', now() - make_interval(hours => i)
     from generate_series(20, 30) i`,
  )
  await maintain(pool)
  expect(await countRows(pool, 'idempotency_keys')).toBe(4)
})

test('maintenance is done once when many processes run it at the same time', async () => {
  const pool = await database()
  await makeOldWeek(pool)
  await Promise.all(Array.from({ length: 6 }, () => maintain(pool)))
  expect(await weeks(pool)).not.toContain('events_20200106')
})

/** Moves the deletion of an entity back in time. */
const deletedDaysAgo = (pool: pg.Pool, table: 'goals' | 'tasks', id: string, days: number) =>
  pool.query(`update ${table} set deleted_at = now() - make_interval(days => $2) where id = $1`, [id, days])

test('a goal or task is purged and keeps its trail when its deletion is older than the retention', async () => {
  const pool = await database()
  const write = createWriter(pool)
  const { entity: goal } = await write.goal()
  const { entity: task } = await write.task(goal)
  const { entity: kept } = await write.goal()
  const { entity: recent } = await write.task(kept)
  await pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
     select aggregate_id, 1, id, type, actor_id, after::jsonb, occurred_at from events where aggregate_id = $1`,
    [goal.id],
  )
  await deletedDaysAgo(pool, 'goals', goal.id, 31)
  await deletedDaysAgo(pool, 'tasks', task.id, 31)
  await deletedDaysAgo(pool, 'tasks', recent.id, 30)
  expect(await maintain(pool)).toEqual({ events: [], goal: 1, task: 1, notification: 0, reminder: 0 })
  expect((await pool.query('select id from goals union all select id from tasks')).rows.map((row) => row.id)).toEqual([
    kept.id,
    recent.id,
  ])
  expect(await countRows(pool, 'goal_audit_log')).toBe(1)
})

test('a dependent loses a purged task from its dependencies by a change with the reason purged', async () => {
  const pool = await database()
  const write = createWriter(pool)
  const { entity: goal } = await write.goal()
  const [blocker, waiting, other] = await Promise.all([write.task(goal), write.task(goal), write.task(goal)]).then(
    (tasks) => tasks.map(({ entity }) => entity as Task),
  )
  if (!blocker || !waiting || !other) throw new Error('unreachable')
  await pool.query(
    `with edges as (insert into task_dependencies (task_id, depends_on_id) values ($1, $2), ($1, $3), ($2, $3)),
       counted as (update tasks set dependents_count = case id when $2 then 1 else 2 end where id in ($2, $3))
     update tasks set dependencies = jsonb_build_array($2::text, $3::text) where id = $1`,
    [waiting.id, blocker.id, other.id],
  )
  await deletedDaysAgo(pool, 'tasks', blocker.id, 31)
  const { events } = await maintain(pool)
  expect(events).toMatchObject([{ type: 'task:updated', aggregateId: waiting.id, version: 2 }])
  const { rows } = await pool.query(
    `select actor_id, reason, after->'dependencies' as left from events where id = $1`,
    [events[0]?.id],
  )
  expect(rows).toEqual([{ actor_id: '00000000-0000-0000-0000-000000000000', reason: 'purged', left: [other.id] }])
  expect((await pool.query('select dependents_count from tasks where id = $1', [other.id])).rows).toEqual([
    { dependents_count: 1 },
  ])
})

test('each row of a large goal is purged once when many processes purge it together', async () => {
  const pool = await database()
  const write = createWriter(pool)
  const { entity: goal } = await write.goal()
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, title, deleted_at)
     select $1, $2, $2, 'x', now() - interval '40 days' from generate_series(1, 1200)`,
    [goal.id, goal.userId],
  )
  await deletedDaysAgo(pool, 'goals', goal.id, 40)
  const purged = await Promise.all(Array.from({ length: 4 }, () => maintain(pool)))
  const count = (entity: 'goal' | 'task') =>
    purged.reduce((sum, each) => sum + (((each as Record<string, unknown>)[entity] as number | undefined) ?? 0), 0)
  expect({ goals: count('goal'), tasks: count('task') }).toEqual({ goals: 1, tasks: 1200 })
  expect(await countRows(pool, 'goals')).toBe(0)
})
