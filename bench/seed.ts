import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { goalIdSql, taskIdSql } from './script.ts'

/**
 * Numbers of the goals that exist from the start. The hot ones are few, so all of them are in the cache after a
 * warm-up, and no scenario changes them. HTTP changes one part of the others and SQL another, so versions do not
 * collide.
 */
export const seeded = { hot: [1, 2_000], http: [2_001, 20_000], sql: [20_001, 40_000] } as const

const tasksPerGoal = 100

/** Returns how many goals have tasks from the start: the goals from number 1 on, with 100 tasks or more. */
export const goalsWithTasks = (rows: number) => Math.min(Math.ceil(rows / tasksPerGoal), seeded.http[1])

export type Range = readonly [number, number]

/** Returns the numbers of the tasks that each scenario may change or read, so that no scenario meets another's rows. */
export function taskRanges(rows: number) {
  const from = (start: number, end: number): Range => [Math.floor(rows * start) + 1, Math.floor(rows * end)]
  return {
    patch: from(0, 0.3),
    complete: from(0.3, 0.6),
    sql: from(0.6, 0.7),
    cold: from(0.7, 0.9),
    neighbours: from(0.9, 0.94),
    tracing: from(0.94, 0.97),
    wal: from(0.97, 0.98),
    profile: from(0.98, 1),
  }
}

/** Inserts the goals, `rows` tasks in them, and the tables of the minimal server with the same rows. */
export async function seedRows(pool: pg.Pool, { userId, rows }: { userId: string; rows: number }): Promise<void> {
  await seedGoals(pool, userId)
  await seedTasks(pool, { userId, rows })
  await createMinimalTables(pool)
  await pool.query('vacuum (analyze) goals, tasks, bench_goals, bench_tasks')
  await pool.query('checkpoint')
}

async function seedGoals(pool: pg.Pool, userId: string): Promise<void> {
  await pool.query(
    `insert into goals (id, user_id, title, description, category, tags, metadata, created_at)
     select ${goalIdSql('n')}, $1, 'Goal ' || n, repeat('What it takes. ', 10), 'work', '["q1", "team"]',
            '{"source": "seed"}', now() - n * interval '1 second'
     from generate_series(1, $2) n`,
    [userId, seeded.sql[1]],
  )
}

/** Inserts tasks. Neighbours on disk belong to different goals. The triggers of the foreign key do not run. */
async function seedTasks(pool: pg.Pool, { userId, rows }: { userId: string; rows: number }): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('set local session_replication_role = replica')
    await client.query(
      `insert into tasks (id, goal_id, owner_id, user_id, title, description, tags, metadata, estimated_hours,
         created_at)
       select ${taskIdSql('n')}, ${goalIdSql('(1 + n % $3::int)')}, $1::uuid, $1::uuid, 'Task ' || n,
              repeat('What it takes. ', 6), '["travel"]', '{"source": "seed"}', 1.5, now() - n * interval '10 ms'
       from generate_series(1, $2::int) n`,
      [userId, rows, goalsWithTasks(rows)],
    )
    await client.query('commit')
  } finally {
    client.release()
  }
}

/**
 * Creates the tables of the minimal server: the columns of a row, no stored JSON, no checks, and two or three
 * indexes.
 */
async function createMinimalTables(pool: pg.Pool): Promise<void> {
  for (const table of ['goals', 'tasks']) {
    const { rows } = await pool.query(
      `select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
       where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'`,
      [table],
    )
    await pool.query(
      `create table bench_${table} (like ${table} including defaults);
       alter table bench_${table} drop column if exists representation;
       insert into bench_${table} (${rows[0].columns}) select ${rows[0].columns} from ${table} order by id;
       alter table bench_${table} add primary key (id)`,
    )
  }
  await pool.query(
    `create index on bench_goals (user_id, created_at desc, id desc) where deleted_at is null;
     create index on bench_tasks (goal_id, created_at desc, id desc) where deleted_at is null;
     create index on bench_tasks (owner_id, created_at desc, id desc) where deleted_at is null;
     create table bench_outbox (id bigint generated always as identity primary key, topic text not null,
       aggregate_id uuid not null, payload jsonb not null, created_at timestamptz not null default now())`,
  )
}

/** Inserts a goal of many tasks for a cascade. @returns its id */
export async function seedLargeGoal(
  pool: pg.Pool,
  { ownerId, tasks }: { ownerId: string; tasks: number },
): Promise<string> {
  const id = randomUUID()
  await pool.query(`insert into goals (id, user_id, title) values ($1, $2, 'Large')`, [id, ownerId])
  await pool.query(
    `insert into tasks (goal_id, owner_id, user_id, assigned_to, title, description)
     select $1, $2, $2, case when n % 2 = 0 then $2::uuid end, 'Task ' || n, repeat('What it takes. ', 10)
     from generate_series(1, $3::int) n`,
    [id, ownerId, tasks],
  )
  await pool.query('vacuum (analyze) tasks')
  return id
}

/** Deletes the goals that `seedLargeGoal` inserted, with their tasks. */
export async function deleteLargeGoals(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query('delete from tasks where goal_id = any($1::uuid[])', [ids])
  await pool.query('delete from goals where id = any($1::uuid[])', [ids])
}

/** Numbers of the first row of `seedUsers`, and of the goals and tasks of each of its users. */
const firstOfUsers = 10_000_001
const rowsPerUser = 200

/**
 * Inserts goals with one task each for several users.
 * @returns per user the numbers of the goals, which are those of the tasks as well
 */
export async function seedUsers(pool: pg.Pool, userIds: readonly string[]): Promise<Range[]> {
  const rows = `
    select n, owner from unnest($1::uuid[]) with ordinality users(owner, place),
      generate_series(${firstOfUsers} + (place - 1) * ${rowsPerUser}, ${firstOfUsers - 1} + place * ${rowsPerUser}) n`
  await pool.query(
    `insert into goals (id, user_id, title, description)
     select ${goalIdSql('n')}, owner, 'Goal ' || n, repeat('What it takes. ', 10) from (${rows}) rows`,
    [userIds],
  )
  await pool.query(
    `insert into tasks (id, goal_id, owner_id, user_id, title, description)
     select ${taskIdSql('n')}, ${goalIdSql('n')}, owner, owner, 'Task ' || n, repeat('What it takes. ', 6)
     from (${rows}) rows`,
    [userIds],
  )
  await pool.query('vacuum (analyze) goals, tasks')
  return userIds.map((_, place) => {
    const first = firstOfUsers + place * rowsPerUser
    return [first, first + rowsPerUser - 1]
  })
}

/** Deletes the goals and tasks of users. The triggers of the foreign keys do not run. */
export async function deleteUsers(pool: pg.Pool, userIds: readonly string[]): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('set local session_replication_role = replica')
    await client.query('delete from tasks where owner_id = any($1::uuid[])', [userIds])
    await client.query('delete from goals where user_id = any($1::uuid[])', [userIds])
    await client.query('commit')
  } finally {
    client.release()
  }
}
