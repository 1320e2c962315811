import { ownPrimary, ownStandby, startTcpProxy, until } from '@goals-tasks/devstack/testing'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createDatabase } from '../../src/engine/client.ts'
import { migrate } from '../../src/engine/migrations.ts'
import { executeOnce } from '../../src/engine/statement.ts'
import { openReplicaReads, type ReplicaOutcome } from '../../src/replica/replica-reads.ts'

/** Starts a primary with the schema and one table more, and a standby that gets its WAL through a proxy. */
async function startCluster() {
  const primary = await ownPrimary()
  await migrate(primary.url)
  const replication = await startTcpProxy(primary.url)
  const standby = await ownStandby(primary, { name: 'replica', sourceUrl: replication.url })
  const pool = open(primary.url)
  await pool.query('create table notes (number int)')
  return { primary, replication, standby, pool }
}

function open(url: string): pg.Pool {
  const { pool, close } = createDatabase({ url, poolSize: 4, name: 'test', onError: () => undefined })
  onTestFinished(close)
  return pool
}

const aDayMs = 24 * 60 * 60 * 1_000

const patience = { waitMs: 60_000, pauseMs: 1, connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 }

/** Opens reads that wait for a replica as long as a test may take. `newest` returns a number and who answered. */
function openReads(primary: pg.Pool, replicaUrl: string, limits: Partial<typeof patience> = {}) {
  let last: ReplicaOutcome | undefined
  const { reader, close } = openReplicaReads({
    ...{ primary, replicaUrl, poolSize: 2, name: 'test' },
    onRead: (outcome) => {
      last = outcome
    },
    limits: { ...patience, ...limits },
  })
  onTestFinished(close)
  return async () => {
    const [row] = await executeOnce<{ number: number | null }>(reader, sql`select max(number) as number from notes`)
    return [row?.number, last]
  }
}

const note = (pool: pg.Pool, number: number) => pool.query('insert into notes values ($1)', [number])

test('the replica answers, and a read sees every commit before it, when the replica follows', async () => {
  const { pool, standby } = await startCluster()
  const newest = openReads(pool, standby.url)
  for (let number = 1; number <= 50; number++) {
    await note(pool, number)
    expect(await newest()).toEqual([number, 'replica'])
  }
})

test('the primary answers when the replica is behind, hangs, is dead or was promoted', async () => {
  const { pool, standby } = await startCluster()
  const admin = open(standby.url)
  // A read of a replica that hangs takes these three seconds.
  const newest = openReads(pool, standby.url, { waitMs: 20, statementTimeoutMs: 3_000 })
  const untilReplicaAnswers = () => until(async () => (await newest())[1] === 'replica')
  await untilReplicaAnswers()

  await admin.query('select pg_wal_replay_pause()')
  await until(async () => {
    const { rows } = await admin.query('select pg_get_wal_replay_pause_state() as state')
    return rows[0].state === 'paused'
  })
  await note(pool, 1)
  expect(await newest()).toEqual([1, 'behind'])
  const pausing = openReads(pool, standby.url, { waitMs: 20, pauseMs: aDayMs })
  expect([await pausing(), await pausing()]).toEqual([
    [1, 'behind'],
    [1, 'paused'],
  ])
  await admin.query('select pg_wal_replay_resume()')
  await untilReplicaAnswers()

  standby.pause()
  await note(pool, 2)
  expect(await newest()).toEqual([2, 'failed'])
  standby.resume()
  await untilReplicaAnswers()

  await standby.kill()
  await note(pool, 3)
  expect(await newest()).toEqual([3, 'failed'])
  await standby.start()
  await untilReplicaAnswers()

  await standby.promote()
  await note(pool, 4)
  expect(await newest()).toEqual([4, 'behind'])
})

test('the primary answers when the replica has the WAL of another timeline', async () => {
  const { primary, pool, replication, standby } = await startCluster()
  const other = await ownStandby(primary, { name: 'other' })
  await note(pool, 1)
  const position = async (of: pg.Pool, lsn: string) => (await of.query(`select ${lsn} as lsn`)).rows[0].lsn
  const otherPool = open(other.url)
  const [lost, replayed] = ['pg_current_wal_insert_lsn()', 'pg_last_wal_replay_lsn()']
  const standbyPool = open(standby.url)
  const reached = await position(pool, lost)
  await until(async () => (await position(standbyPool, `${replayed} >= '${reached}'`)) === true)
  replication.freeze()
  await pool.query('insert into notes select generate_series(2, 10000)')
  const end = await position(pool, 'pg_current_wal_flush_lsn()')
  await until(async () => (await position(otherPool, `${replayed} >= '${end}'`)) === true)

  await primary.kill()
  await standby.promote()
  await standbyPool.query('select record_cluster()')
  const present = await position(standbyPool, lost)
  expect(await position(otherPool, `${replayed} > '${present}'`)).toBe(true)
  const newest = openReads(standbyPool, other.url, { waitMs: 20 })
  expect(await newest()).toEqual([1, 'behind'])
})
