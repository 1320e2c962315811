import { ownPostgres, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from 'pg-logical-replication'
import { expect, onTestFinished, test } from 'vitest'
import { createDatabase } from '../../src/engine/client.ts'
import { migrate } from '../../src/engine/migrations.ts'
import { commitGoal } from '../support/committed-goal.ts'

/** Starts a Postgres whose WAL can be decoded, with the schema, a publication of the events, and a slot. */
async function startPublisher() {
  const server = await ownPostgres()
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  await admin.query('alter system set wal_level = logical')
  await admin.end()
  await server.stop()
  await server.start()
  await migrate(server.url)
  const { pool, close } = createDatabase({ url: server.url, poolSize: 8, name: 'test', onError: () => undefined })
  onTestFinished(close)
  await pool.query(`create publication goals_tasks_events for table events
    with (publish = 'insert', publish_via_partition_root = true)`)
  await pool.query(`select pg_create_logical_replication_slot('reader', 'pgoutput')`)
  return { url: server.url, pool }
}

type Read = { id: string; table: string; xid: string }

/** Reads inserted events. Confirms each one that it got, so the next reader of the slot continues after it. */
function startReader(url: string) {
  const read: Read[] = []
  const service = new LogicalReplicationService(
    { connectionString: url },
    { acknowledge: { auto: true, timeoutSeconds: 1 } },
  )
  service.on('data', (_lsn: string, message: Pgoutput.Message) => {
    if (message.tag === 'insert')
      read.push({ id: message.new.id, table: message.relation.name, xid: String(message.new.xid) })
  })
  service.on('error', () => undefined)
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: ['goals_tasks_events'] })
  void service.subscribe(plugin, 'reader')
  const stop = () => service.stop()
  onTestFinished(async () => void (await stop()))
  return { read, stop }
}

test('a reader of the WAL gets every event once, in the order of the commits, and another one continues', async () => {
  const { url, pool } = await startPublisher()
  const first = startReader(url)
  const slow = await pool.connect()
  onTestFinished(() => slow.release())
  await slow.query('begin')
  const earlier = await insertEvent(slow)
  const later = (await commitGoal(pool)).id
  await slow.query('commit')
  await until(() => first.read.length === 2)
  // The order is the one of the commits, not the one of the positions.
  expect(first.read.map(({ id }) => id)).toEqual([later, earlier])
  expect(new Set(first.read.map(({ table }) => table))).toEqual(new Set(['events']))

  await Promise.all(Array.from({ length: 50 }, () => commitGoal(pool)))
  await until(() => first.read.length === 52)
  await confirmed(pool)
  await first.stop()
  const written = await Promise.all(Array.from({ length: 20 }, () => commitGoal(pool)))
  const second = startReader(url)
  await until(() => second.read.length >= 20)
  expect(second.read.map(({ id }) => id).sort()).toEqual(written.map(({ id }) => id).sort())
  const { rows } = await pool.query('select id from events')
  const all = [...first.read, ...second.read].map(({ id }) => id)
  expect(all.sort()).toEqual(rows.map(({ id }) => id).sort())
})

async function insertEvent(client: pg.PoolClient): Promise<string> {
  const { rows } = await client.query(
    `insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
     values ('goal:created', 'goal', uuidv7(), 1, 0, uuidv7(), '{}') returning id`,
  )
  return rows[0].id
}

/** Resolves when the reader has confirmed everything that was written. */
async function confirmed(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query('select pg_current_wal_lsn() as lsn')
  await until(async () => {
    const slots = await pool.query('select confirmed_flush_lsn >= $1::pg_lsn as done from pg_replication_slots', [
      rows[0].lsn,
    ])
    return slots.rows[0].done === true
  })
}
