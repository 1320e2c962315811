import { freshDatabase, until } from '@goals-tasks/devstack/testing'
import { newTask } from '@goals-tasks/events/testing'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createCommit } from '../../src/changes/commit.ts'
import { createDatabase } from '../../src/engine/client.ts'
import { migrate } from '../../src/engine/migrations.ts'
import { sqlState } from '../../src/engine/sql-state.ts'
import { type Executor, prepareStatement } from '../../src/engine/statement.ts'
import { taskText } from '../../src/reads/representation.ts'
import { committedOf } from '../support/committed-of.ts'

const [userId, goalId] = ['10000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000002']
const taskCount = 3_000
const undefinedColumn = '42703'

/** Creates the schema of the previous version, with a goal and its tasks. @returns the ids of the tasks */
async function loadPreviousVersion(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('drop schema public cascade; create schema public; drop schema drizzle cascade')
  await migrate(url, { upTo: '0008_due_day' })
  await client.query(`insert into goals (id, user_id, title) values ($1, $2, 'Large')`, [goalId, userId])
  const { rows } = await client.query<{ id: string }>(
    `insert into tasks (goal_id, owner_id, user_id, title)
     select $1, $2, $2, 'Task ' || n from generate_series(1, $3::int) n returning id`,
    [goalId, userId, taskCount],
  )
  await client.end()
  return rows.map(({ id }) => id)
}

const readTask = prepareStatement<{ text: string }>(
  'new_read',
  sql`select ${taskText('tasks')} as text from tasks where id = ${sql.placeholder('id')}`,
)

/** The statements of the previous version. They read the column that the migration drops. */
const previous = {
  read: (db: Executor, id: string) =>
    db.query({ name: 'old_read', text: 'select representation::text as text from tasks where id = $1', values: [id] }),
  write: (db: Executor, id: string, title: string) =>
    db.query({
      name: 'old_write',
      text: `update tasks set title = $2, version = version + 1 where id = $1
             returning new.representation::text as text`,
      values: [id, title],
    }),
}

/** The longest wait per kind of statement in ms, and the states of its errors. */
type Log = Record<string, { calls: number; longestMs: number; errors: (string | undefined)[] }>

async function timed<T>(log: Log, kind: string, call: () => Promise<T>): Promise<T | undefined> {
  log[kind] ??= { calls: 0, longestMs: 0, errors: [] }
  const entry = log[kind]
  const startedAt = performance.now()
  try {
    return await call()
  } catch (error) {
    entry.errors.push(sqlState(error) ?? String(error))
    return undefined
  } finally {
    entry.calls += 1
    entry.longestMs = Math.max(entry.longestMs, performance.now() - startedAt)
  }
}

const titleOf = (text: string | undefined) => (text === undefined ? undefined : JSON.parse(text).title)

/** Writes a title by the statement of this version, and reads it back. */
async function writeNew(
  pool: pg.Pool,
  log: Log,
  { id, title, version }: { id: string; title: string; version: number },
) {
  const task = { ...newTask({ id, goalId, userId }), status: 'TODO', blockKind: null, blockedFrom: null } as const
  const values = { ...task, title, version, requireNoDependents: true }
  const metadata = { types: ['task:updated'], actorId: userId } as const
  const commit = createCommit(pool, () => undefined)
  const written = await timed(log, 'new write', () => commit.updateTask({ values, metadata }))
  expect(committedOf(written ?? null).version).toBe(version + 1)
  const [read] = (await timed(log, 'new read', () => readTask(pool, { id }))) ?? []
  expect(titleOf(read?.text)).toBe(title)
  return true
}

type Phases = { ids: string[]; isDeployed: () => boolean; isDone: () => boolean }

/**
 * Writes its own tasks and reads each one back until `isDone`: by the statements of the previous version, and from
 * `isDeployed` on by those of both. A statement of the previous version may fail, and its result must have the newest
 * title.
 */
async function runClient(pool: pg.Pool, log: Log, { ids, isDeployed, isDone }: Phases) {
  const versions = new Map(ids.map((id) => [id, 1]))
  for (let turn = 0; !isDone(); turn++) {
    const id = ids[turn % ids.length] ?? ''
    const title = `Title ${turn}`
    const version = versions.get(id) ?? 1
    const isNew = isDeployed() && (await writeNew(pool, log, { id, title, version }))
    const old = await timed(log, 'old read', () => previous.read(pool, id))
    if (old && isNew) expect(titleOf(old.rows[0].text)).toBe(title)
    const oldWritten = await timed(log, 'old write', () => previous.write(pool, id, `${title} again`))
    if (oldWritten) expect(titleOf(oldWritten.rows[0].text)).toBe(`${title} again`)
    versions.set(id, version + Number(isNew) + (oldWritten ? 1 : 0))
  }
  return versions
}

test('reads and writes go on, and none is lost, when a loaded database of the previous version is migrated', async ({
  annotate,
}) => {
  const { url } = await freshDatabase()
  const ids = await loadPreviousVersion(url)
  const { pool, close } = createDatabase({ url, name: 'test', onError: () => undefined, poolSize: 8 })
  const log: Log = {}
  let stopAt = Number.POSITIVE_INFINITY
  let isDeployed = false
  const calls = () => log['new write']?.calls ?? 0
  const phases = { isDeployed: () => isDeployed, isDone: () => calls() >= stopAt }
  const clients = [0, 1, 2, 3].map((n) => runClient(pool, log, { ids: ids.slice(n * 500, n * 500 + 500), ...phases }))
  await until(() => (log['old write']?.calls ?? 0) >= 50)
  await migrate(url, { duringDeploy: true })
  isDeployed = true
  await until(() => calls() >= 50)
  const holder = await pool.connect()
  await holder.query('begin')
  await holder.query('update tasks set metadata = metadata where id = $1', [ids.at(-1)])
  const waits: string[] = []
  await migrate(url, {
    async onWait(message) {
      waits.push(message)
      await holder.query('commit')
    },
  })
  holder.release()
  stopAt = calls() + 50
  const versions = new Map((await Promise.all(clients)).flatMap((of) => [...of]))

  expect(waits).toEqual([expect.stringMatching(/^waiting for the locks of the migration \d{4}_\w+$/)])
  for (const kind of ['new write', 'new read']) expect(log[kind]?.errors).toEqual([])
  // The previous version works until the migration, and fails after it.
  for (const kind of ['old read', 'old write']) {
    expect(new Set(log[kind]?.errors)).toEqual(new Set([undefinedColumn]))
    expect(log[kind]?.calls).toBeGreaterThan(log[kind]?.errors.length ?? 0)
  }
  const { rows } = await pool.query<{ id: string; version: number }>('select id, version from tasks where version > 1')
  expect(rows.filter(({ id, version }) => versions.get(id) !== version)).toEqual([])
  for (const [kind, { calls, longestMs }] of Object.entries(log))
    await annotate(`${kind}: ${calls} calls, longest wait ${Math.round(longestMs)} ms`)
  await close()
})
