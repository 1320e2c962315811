import { migrate } from '@goals-tasks/db'
import { cleanUp, ownPostgres } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { startTestApp } from '../support/test-app.ts'

type Row = Record<string, unknown>

const tables = ['installation', 'goals', 'tasks', 'events', 'event_readers']

/** Starts a cluster with the schema. */
async function startCluster() {
  const { url } = await ownPostgres()
  await migrate(url)
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  // The cluster may stop before the pool.
  pool.on('error', () => undefined)
  cleanUp(() => pool.end())
  return { url, pool }
}

/** Copies the rows as a logical backup does, with the transaction ids that the old cluster gave them. */
async function restoreInto(target: pg.Pool, source: pg.Pool): Promise<void> {
  for (const table of tables) {
    const { rows } = await source.query<{ row: Row }>(`select to_jsonb(t) as row from ${table} t`)
    await target.query(`delete from ${table}`)
    await target.query(
      `insert into ${table} overriding system value select * from jsonb_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(rows.map(({ row }) => row))],
    )
  }
  await target.query(`select setval(pg_get_serial_sequence('events', 'position'), max(position)) from events`)
}

const currentXid = async (pool: pg.Pool) =>
  BigInt((await pool.query('select pg_current_xact_id()::text as xid')).rows[0].xid)

async function startApi(url: string) {
  const api = await startTestApp({ database: { url } })
  cleanUp(() => api.close())
  return api
}

async function read(client: Client, cursor?: string) {
  const { status, body } = await client.get(`/v1/changes${cursor === undefined ? '' : `?cursor=${cursor}`}`)
  const { nextCursor = '' } = (body.page ?? {}) as { nextCursor?: string }
  const snapshot = body.snapshot as { cursor: string } | undefined
  return { status, cursor: snapshot?.cursor ?? nextCursor, ids: (body.data ?? []).map(({ entityId }) => entityId) }
}

test('the feed goes on after one reset when a backup is restored into another cluster', async () => {
  const [old, next] = await Promise.all([startCluster(), startCluster()])
  // The old cluster has run for long.
  for (let i = 0; i < 500; i++) await currentXid(old.pool)
  const oldApi = await startApi(old.url)
  const before = await oldApi.as()
  const goal = await before.createGoal()
  const { cursor } = await read(before)
  await before.createGoal()
  await restoreInto(next.pool, old.pool)
  await migrate(next.url)
  expect(await currentXid(next.pool)).toBeLessThan(await currentXid(old.pool))

  const ada = await (await startApi(next.url)).as(before.id)
  const expired = await read(ada, cursor)
  expect(expired.status).toBe(410)
  expect((await ada.get('/v1/goals')).text).toContain(goal.id)
  const created = [await ada.createGoal(), await ada.createGoal()].map(({ id }) => id)
  const page = await read(ada, expired.cursor)
  expect([page.status, page.ids]).toEqual([200, created])
  expect(await read(ada, page.cursor)).toMatchObject({ status: 200, ids: [] })
})
