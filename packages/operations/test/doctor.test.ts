import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDatabase, recordBeat } from '@goals-tasks/db'
import { freePort, freshDatabase, ownPostgres, ownRedis, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { checkKeys, checkMailServer, checkReceiver } from '../src/doctor/addresses.ts'
import { checkOldestTransaction, checkPooler } from '../src/doctor/connections.ts'
import { type DoctorSources, runDoctor } from '../src/doctor/run-doctor.ts'
import { openSources, problemsOf, worker } from './support/doctor.ts'
import { operationsTest, startOperations } from './support/operations.ts'

const test = operationsTest.extend('empty', { auto: true }, async ({ operations }) => {
  await operations.pool.query('truncate processes')
})

/** The shared Postgres of the tests trades durability for speed. */
const isOfTestServer = (finding: string) => finding.startsWith('Postgres: durability')

test('the doctor names a second version of the processes', async ({ operations }) => {
  const { sources } = await openSources(operations)
  const versions = async () => (await runDoctor(sources)).find(({ check }) => check === 'processes: version')
  await recordBeat(operations.pool, worker())
  expect(await versions()).toMatchObject({ state: 'ok', fact: '1.2.3' })
  await recordBeat(operations.pool, worker({ version: '1.2.4' }))
  expect(await versions()).toMatchObject({ state: 'warning', fact: 'several: 1.2.3, 1.2.4', fix: 'finish the deploy' })
})

test('a healthy installation has no problem', async ({ operations }) => {
  const { sources } = await openSources(operations)
  await operations.createGoal()
  await recordBeat(operations.pool, worker())
  expect((await problemsOf(sources)).filter((finding) => !isOfTestServer(finding))).toEqual([])
})

test('the doctor names missing consumers, too many connections and a wrong clock', async ({ operations }) => {
  const { sources } = await openSources(operations)
  await recordBeat(operations.pool, worker({ consumers: ['sync'], poolSize: 100_000 }), Date.now() + 300_000)
  const problems = await problemsOf(sources)
  expect(problems).toContain(
    'processes: consumers: no process runs audit-log, cache-invalidation, notifications, email',
  )
  expect(problems).toContainEqual(expect.stringMatching(/^Postgres: connections: 1 processes may open 100000/))
  expect(problems).toContainEqual(
    expect.stringMatching(/^clock: worker on a-host, process 7: (2[89]\d|300)\.\d s ahead/),
  )
})

test('the doctor names a Redis that evicts, one that is a replica, and one that is away', async ({ operations }) => {
  const [redis, master] = await Promise.all([ownRedis(), ownRedis()])
  const { sources, connection } = await openSources(operations, redis.url)
  await connection.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru')
  expect(await problemsOf(sources)).toContain('Redis: eviction: allkeys-lru: jobs and locks may be evicted')
  const port = Number(new URL(master.url).port)
  await connection.replicaof('127.0.0.1', port)
  const replica = await problemsOf(sources)
  expect(replica).toContain(`Redis: role: a replica of 127.0.0.1:${port}, which refuses writes`)
  expect(replica).toContainEqual(expect.stringMatching(/^Redis: writes: it refuses them: READONLY/))
  const away = { ...sources, redis: { ...sources.redis, error: 'ECONNREFUSED' } }
  expect(await problemsOf(away)).toContain('Redis: answers: ECONNREFUSED')
  // The refusal made the connection open again.
  await until(() => connection.status === 'ready')
  const apart = await runDoctor({ ...sources, hasOwnCache: true })
  expect(apart.filter(({ check }) => check.startsWith('clock'))).toMatchObject([
    ...[{ check: 'clock: this host' }, { check: 'clock: Redis' }, { check: 'clock: cache', state: 'ok' }],
  ])
  const refused = { ...sources, cache: { ...sources.cache, error: 'WRONGPASS' } }
  expect(await problemsOf(refused)).toContain('cache: answers: WRONGPASS')
})

test('the doctor names jobs and cached goals of another installation under the same prefix', async ({ operations }) => {
  const { sources } = await openSources(operations)
  const { connection, sources: own } = await openSources(operations, (await ownRedis()).url)
  const { rows } = await operations.pool.query('select uuidv7() as id')
  const goalId = randomUUID()
  const event = { id: rows[0].id, type: 'goal:created', aggregateId: goalId }
  const job = await operations.queueOf('sync').queue.add('goal:created', { events: [event] })
  onTestFinished(() => job.remove())
  await connection.set(`${own.cache.prefix}:generation`, 'now')
  await connection.set(`${own.cache.prefix}:goal:${goalId}`, '1 token now reader\n{}')
  await connection.set(`${own.cache.prefix}:goal:${randomUUID()}`, '0 token\n')
  const problems = await problemsOf({ ...sources, cache: own.cache })
  expect(problems).toContainEqual(expect.stringMatching(/^Redis: prefix .*: 1 of \d+ jobs belong to another database/))
  expect(problems).toContainEqual(expect.stringMatching(/^cache: prefix .*: 1 of 1 entries belong to another database/))
})

test('the doctor names missing partitions and a missing migration', async () => {
  const operations = await startOperations()
  const { sources } = await openSources(operations)
  await operations.pool.query(`
    do $$ declare part regclass; begin
      for part in select inhrelid::regclass from pg_inherits where inhparent = 'events'::regclass
                    and pg_get_expr((select relpartbound from pg_class where oid = inhrelid), inhrelid) <> 'DEFAULT'
      loop execute 'drop table ' || part; end loop; end $$`)
  await operations.pool.query(
    `delete from drizzle.__drizzle_migrations
     where created_at = (select max(created_at) from drizzle.__drizzle_migrations)`,
  )
  const problems = await problemsOf(sources)
  expect(problems).toContain('Postgres: partitions: 0 of the coming weeks have one; 0 events lie outside')
  expect(problems).toContainEqual(expect.stringMatching(/^Postgres: schema: the database lacks the migration/))
})

test('the doctor names settings that lose acknowledged writes, and a Postgres that is read-only or away', async () => {
  const operations = await startOperations()
  const { sources } = await openSources(operations)
  const name = new URL(operations.environment.DATABASE_URL).pathname.slice(1)
  const poolOf = (url: string) => {
    const { pool, close } = createDatabase({ url, poolSize: 2, name: 'test', onError: () => undefined })
    onTestFinished(close)
    return pool
  }
  await operations.pool.query(`alter database ${name} set synchronous_commit = off`)
  const lossy = await problemsOf({ ...sources, pool: poolOf(operations.environment.DATABASE_URL) })
  expect(lossy).toContainEqual(expect.stringMatching(/^Postgres: durability: .*synchronous_commit off/))
  await operations.pool.query(`alter database ${name} set default_transaction_read_only = on`)
  const readOnly = await problemsOf({ ...sources, pool: poolOf(operations.environment.DATABASE_URL) })
  expect(readOnly).toContainEqual(expect.stringMatching(/^Postgres: answers: it refuses writes: read-only/))
  const away = await problemsOf({ ...sources, pool: poolOf(`postgres://u:p@127.0.0.1:${await freePort()}/x`) })
  expect(away).toEqual([expect.stringMatching(/^Postgres: answers: .*ECONNREFUSED/)])
})

test('the doctor names the timeline, and a failover and a restore that no process has noticed', async () => {
  const operations = await startOperations()
  const { sources } = await openSources(operations)
  const found = async () => (await runDoctor(sources)).find(({ check }) => check === 'Postgres: timeline')
  expect(await found()).toMatchObject({ state: 'ok', fact: expect.stringMatching(/^\d+, of the cluster \d{15,}$/) })
  await operations.pool.query('update installation set timeline = timeline + 1')
  expect(await found()).toMatchObject({ state: 'problem', fact: expect.stringContaining('not timeline 2 of') })
  await operations.pool.query('update installation set timeline = timeline - 1, system_identifier = 1')
  expect(await found()).toMatchObject({ state: 'problem', fix: expect.stringContaining('npm run migrate') })
})

test('the doctor says how far the replica is behind, and why no read goes to it', async ({ operations }) => {
  const { sources } = await openSources(operations)
  const found = async (state: DoctorSources['replica']['state']) =>
    (await runDoctor({ ...sources, replica: { state } })).find(({ check }) => check === 'Postgres: replica')
  const good = { isReplica: true, isSameCluster: true, behindBytes: 2_048 }
  expect(await found(async () => null)).toBeUndefined()
  expect(await found(async () => good)).toMatchObject({ state: 'ok', fact: '2 kB behind' })
  expect(await found(async () => ({ ...good, behindBytes: 1e9 }))).toMatchObject({ state: 'warning' })
  expect(await found(async () => ({ ...good, isReplica: false }))).toMatchObject({ state: 'warning' })
  expect(await found(async () => ({ ...good, isSameCluster: false }))).toMatchObject({ state: 'problem' })
  expect(await found(() => Promise.reject(new Error('ECONNREFUSED')))).toMatchObject({
    ...{ state: 'problem', fact: 'ECONNREFUSED', fix: expect.stringContaining('DATABASE_REPLICA_URL') },
  })
})

test('the doctor sees the free space of servers on its own host', async ({ operations }) => {
  const { sources } = await openSources(operations)
  const findings = await runDoctor(sources)
  const disks = findings.filter(({ check }) => check.endsWith('disk') || check.startsWith('disk'))
  expect(disks.map(({ check }) => check)).toEqual(['Postgres: disk', 'Redis: disk', 'disk: this host'])
  for (const { fact } of disks) expect(fact).toMatch(/ of [\d.]+ GB are free$/)
})

test('the doctor names the oldest transaction and its process', async () => {
  const postgres = await ownPostgres()
  const { pool, close } = createDatabase({ url: postgres.url, poolSize: 2, name: 'test', onError: () => undefined })
  onTestFinished(close)
  const holder = await pool.connect()
  onTestFinished(() => holder.release(true))
  await holder.query('begin isolation level repeatable read')
  const { rows } = await holder.query('select pg_backend_pid() as pid, txid_current()')
  expect(await checkOldestTransaction(pool, { maxSeconds: -1 })).toMatchObject({
    state: 'warning',
    fact: expect.stringContaining(`process ${rows[0].pid}, idle in transaction`),
    fix: expect.stringContaining(`pg_terminate_backend(${rows[0].pid})`),
  })
  expect(await checkOldestTransaction(pool)).toMatchObject({ state: 'ok' })
})

test('the check of the pooler releases its connections when the pool has none for the second one', async () => {
  const { url } = await freshDatabase()
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 2_000 })
  onTestFinished(() => pool.end())
  await expect(checkPooler(pool, 'token')).rejects.toThrow('timeout exceeded when trying to connect')
  expect(pool.idleCount).toBe(1)
})

test('the doctor tries to reach the keys and the receiver', async () => {
  const server = createServer((request, response) =>
    response.end(request.url === '/keys' ? '{"keys":[{"kty":"RSA"}]}' : '{}'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const nowhere = `http://127.0.0.1:${await freePort()}/keys`
  expect(await checkKeys(`${url}/keys`)).toMatchObject({ state: 'ok' })
  expect(await checkKeys(`${url}/other`)).toMatchObject({ state: 'problem', fact: 'status 200 without keys' })
  expect(await checkKeys(nowhere)).toMatchObject({ state: 'problem' })
  expect(await checkReceiver(url)).toMatchObject({ state: 'ok' })
  expect(await checkReceiver(nowhere)).toMatchObject({
    state: 'problem',
    fact: expect.stringContaining('ECONNREFUSED'),
  })
  expect(await checkMailServer(async () => undefined)).toMatchObject({ state: 'ok' })
  expect(await checkMailServer(() => Promise.reject(new Error('535 no')))).toMatchObject({
    state: 'problem',
    fact: '535 no',
  })
})
