import { setTimeout as sleep } from 'node:timers/promises'
import { migrate as migrateDatabase, prepareStatement, taskText } from '@goals-tasks/db'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import type { Context } from '../context.ts'
import { sizeOf, sizeOfPlainCopy } from '../plain-copy.ts'
import type { Row, Section } from '../report.ts'
import { spread } from '../rounds.ts'
import { goalIdSql } from '../script.ts'

const database = 'migration'
const previousVersion = '0008_due_day'
const userId = '10000000-0000-4000-8000-000000000001'
const goalCount = 1_000
const batchSize = 50_000
const clients = { read: 4, write: 4 } as const
/** A transaction that holds a row of the table when the migration starts. */
const longTransactionMs = 3_000

/** Migrates a loaded database of the previous version under load, and measures the waits and the sizes. */
export async function migrate(context: Context): Promise<Section> {
  const url = await createPreviousVersion(context)
  const pool = new pg.Pool({ connectionString: url, max: 12, options: '-c timezone=UTC' })
  pool.on('error', (error) => console.error(error.message))
  try {
    const ids = await seedTasks(pool, context.rows)
    const sizes = { before: await sizeOf(pool, 'tasks'), plain: await sizeOfPlainCopy(pool) }
    const idle = await measureWaits(pool, ids, () => sleep(longTransactionMs + 2_000))
    const migrating = await measureWaits(pool, ids, () => migrateBesideTransaction(pool, url, ids))
    await pool.query('vacuum full tasks')
    const after = await sizeOf(pool, 'tasks')
    return {
      title: 'Migration',
      note:
        `${context.rows} tasks of the previous version, ${clients.read} readers and ${clients.write} writers. ` +
        `A transaction holds a row for ${longTransactionMs / 1_000} s when the migration starts. ` +
        `Failed reads and writes: ${migrating.failures}.`,
      rows: [
        waitRow('longest wait of a read during the migration', migrating.readMs, idle.readMs),
        waitRow('longest wait of a write during the migration', migrating.writeMs, idle.writeMs),
        sizeRow('table and indexes before', sizes.before.total, sizes.plain.total),
        sizeRow('table and indexes after, rewritten by VACUUM FULL', after.total, sizes.plain.total),
        sizeRow('table before', sizes.before.table, sizes.plain.table),
        sizeRow('table after, rewritten by VACUUM FULL', after.table, sizes.plain.table),
      ],
    }
  } finally {
    await pool.end()
  }
}

const one = (measured: number, baseline: number) => spread([measured / baseline])
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`

const waitRow = (measured: string, ms: number, baselineMs: number): Row => ({
  measured,
  against: 'the longest wait without a migration',
  value: one(ms, baselineMs),
  absolute: `${Math.round(ms)} ms`,
  baseline: `${Math.round(baselineMs)} ms`,
})

const sizeRow = (measured: string, bytes: number, baselineBytes: number): Row => ({
  measured,
  against: 'the plain columns in full pages',
  value: one(bytes, baselineBytes),
  absolute: mebibytes(bytes),
  baseline: mebibytes(baselineBytes),
})

async function createPreviousVersion({ pool, servers }: Context): Promise<string> {
  await pool.query(`create database ${database}`)
  const url = new URL(servers.databaseUrl)
  url.pathname = `/${database}`
  await migrateDatabase(url.href, { upTo: previousVersion })
  return url.href
}

/** Inserts tasks. The rows of a goal are scattered over the table. @returns the ids of ten thousand of them */
async function seedTasks(pool: pg.Pool, rows: number): Promise<string[]> {
  await pool.query(
    `insert into goals (id, user_id, title) select ${goalIdSql('n')}, $1, 'Goal' from generate_series(1, $2) n`,
    [userId, goalCount],
  )
  for (let from = 1; from <= rows; from += batchSize)
    await pool.query(
      `insert into tasks (goal_id, owner_id, user_id, assigned_to, title, description, tags, created_at)
       select ${goalIdSql(`(1 + n % ${goalCount})`)}, $1, $1, case when n % 2 = 0 then $1::uuid end, 'Task ' || n,
              repeat('What it takes. ', 10), '["q1", "team"]', now() - n * interval '1 second'
       from generate_series($2::int, $3::int) n`,
      [userId, from, Math.min(rows, from + batchSize - 1)],
    )
  await pool.query('vacuum (analyze) tasks')
  const { rows: chosen } = await pool.query<{ id: string }>('select id from tasks order by random() limit 10000')
  return chosen.map(({ id }) => id)
}

const read = prepareStatement<{ text: string }>(
  'bench_read',
  sql`select ${taskText('tasks')} as text from tasks where id = ${sql.placeholder('id')}`,
)
/** The row half of a change: the update, and the JSON before and after. */
const write = prepareStatement<{ before: string; after: string }>(
  'bench_write',
  sql`update tasks set title = ${sql.placeholder('title')}, version = version + 1 where id = ${sql.placeholder('id')}
      returning ${taskText('old')} as before, ${taskText('new')} as after`,
)

/** Runs readers and writers, one statement after the other, during `work`. */
async function measureWaits(pool: pg.Pool, ids: readonly string[], work: () => Promise<unknown>) {
  const result = { readMs: 0, writeMs: 0, failures: 0 }
  let isDone = false
  async function repeat(kind: 'readMs' | 'writeMs', call: (id: string) => Promise<unknown>) {
    while (!isDone) {
      const startedAt = performance.now()
      await call(ids[Math.floor(Math.random() * (ids.length - 1))] ?? '').catch(() => {
        result.failures += 1
      })
      result[kind] = Math.max(result[kind], performance.now() - startedAt)
    }
  }
  const running = [
    ...Array.from({ length: clients.read }, () => repeat('readMs', (id) => read(pool, { id }))),
    ...Array.from({ length: clients.write }, () => repeat('writeMs', (id) => write(pool, { id, title: 'Renamed' }))),
  ]
  try {
    await work()
  } finally {
    isDone = true
    await Promise.all(running)
  }
  return result
}

/** Migrates while a transaction holds the last of `ids`, which no client uses. */
async function migrateBesideTransaction(pool: pg.Pool, url: string, ids: readonly string[]) {
  const holder = await pool.connect()
  await holder.query('begin')
  await holder.query('update tasks set metadata = metadata where id = $1', [ids.at(-1)])
  const committed = sleep(longTransactionMs).then(() => holder.query('commit'))
  await Promise.all([committed, migrateDatabase(url, { onWait: (message) => console.error(message) })])
  holder.release()
}
