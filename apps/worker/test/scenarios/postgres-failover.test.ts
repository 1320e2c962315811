import { migrate } from '@goals-tasks/db'
import { prepareForPooler } from '@goals-tasks/db/testing'
import {
  hasPgBouncer,
  type OwnServer,
  type OwnStandby,
  ownPrimary,
  ownStandby,
  type Program,
  startPgBouncer,
  startTcpProxy,
  until,
} from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, test } from 'vitest'
import { findLost, findStale } from '../support/processes/acknowledged.ts'
import {
  type Acknowledged,
  clients,
  createSender,
  followFeed,
  type Goal,
  startWrites,
} from '../support/processes/failover-load.ts'
import { findForeign, findOutdated, type Read, startReads } from '../support/processes/failover-reads.ts'
import { signToken } from '../support/processes/marked-requests.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { untilDrained } from '../support/rows.ts'

type Processes = Awaited<ReturnType<typeof installProcesses>>

/** Runs statements in a session of their own, because `alter system` refuses a transaction. */
async function query(url: string, ...statements: string[]) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const results: pg.QueryResult[] = []
  for (const statement of statements) results.push(await client.query(statement))
  await client.end()
  return results.at(-1)?.rows ?? []
}

/** Starts a primary and its standby, and a proxy through which the standby gets the WAL. */
async function startCluster(isSynchronous: boolean) {
  const primary = await ownPrimary()
  await migrate(primary.url)
  const replication = await startTcpProxy(primary.url)
  const standby = await ownStandby(primary, { name: 'standby', sourceUrl: replication.url })
  if (isSynchronous)
    await query(primary.url, `alter system set synchronous_standby_names = 'standby'`, 'select pg_reload_conf()')
  const state = isSynchronous ? 'sync' : 'async'
  await until(async () => {
    const rows = await query(primary.url, 'select sync_state from pg_stat_replication')
    expect(rows).toEqual([{ sync_state: state }])
    return true
  })
  return { primary, replication, standby }
}

/**
 * Starts processes behind a proxy that an operator, or a load balancer, points to another primary. `isPooled` puts
 * PgBouncer between the processes and the proxy.
 */
async function startProcesses(primary: OwnServer, isPooled: boolean) {
  const proxy = await startTcpProxy(primary.url)
  const url = isPooled ? await installPooler(proxy.url) : proxy.url
  const processes = await installProcesses({ database: { url } })
  const [one, other] = await Promise.all([processes.startApi(), processes.startApi()])
  const worker = await processes.startWorker()
  return { proxy, processes, apis: [one.url, other.url] as const, worker }
}

async function installPooler(url: string): Promise<string> {
  await prepareForPooler(url)
  const { through } = await startPgBouncer(url)
  return through(url)
}

/** Promotes the standby. Returns its goals before any process uses it, and when the promotion began. */
async function promote(standby: OwnStandby) {
  const promotedAt = performance.now()
  await standby.promote()
  const rows: Goal[] = await query(standby.url, 'select id, version, title from goals')
  return { rows, promotedAt }
}

/** Waits until a read that began after that time has shown one of these writes: the cache has them without Postgres. */
const untilReadSince = (since: number, reads: readonly Read[], writes: readonly Acknowledged[]) =>
  until(() => reads.some(({ beganAt, title }) => beganAt >= since && writes.some((write) => write.title === title)))

/** Waits until a process has voided the cache and recorded the new timeline. Returns when that was seen. */
async function untilRecorded({ url }: OwnServer): Promise<number> {
  await until(async () => (await query(url, 'select from installation where timeline = 2')).length === 1)
  return performance.now()
}

async function expectHealthy(processes: Processes, worker: Program): Promise<void> {
  expect((await processes.scrape()).filter((text) => text.includes('\ngt_cache_trusted 0'))).toEqual([])
  const { code, document } = await processes.runCommand('integrity')
  expect({ code, findings: document.findings }).toEqual({ code: 0, findings: [] })
  expect(worker.logs.filter(({ msg }) => msg?.includes('is stuck'))).toEqual([])
}

async function failOver({ isSynchronous, isPooled = false }: { isSynchronous: boolean; isPooled?: boolean }) {
  const { primary, replication, standby } = await startCluster(isSynchronous)
  const { proxy, processes, apis, worker } = await startProcesses(primary, isPooled)
  const token = await signToken('goals:read goals:write tasks:read')
  const send = createSender(token)
  const received = await followFeed(apis[0], token)
  const begun = (await send(`${apis[1]}/v1/changes`)) as unknown as { body: { page: { nextCursor: string } } }
  const writes = startWrites(apis, send)
  await writes.untilMore(100)
  const { reads, ...readers } = startReads(apis, send, writes.acknowledged)
  if (!isSynchronous) replication.freeze()
  const madeBeforeCut = writes.acknowledged.length
  await writes.untilMore(30)

  await primary.kill()
  const killedAt = performance.now()
  readers.hold()
  await untilReadSince(killedAt, reads, writes.acknowledged.slice(-20))
  const { rows: promoted, promotedAt } = await promote(standby)
  const before = [...writes.acknowledged]
  const pointedAt = performance.now()
  proxy.pointTo(standby.url)
  const recordedAt = await untilRecorded(standby)
  const isAfter = ({ sentAt }: Acknowledged) => sentAt >= pointedAt
  await until(() => writes.acknowledged.some(isAfter))
  // A process acknowledges no write on the new timeline before it has noticed it.
  const noticedAt = Math.min(recordedAt, writes.acknowledged.find(isAfter)?.answeredAt ?? recordedAt)
  const outageMs = Math.round(performance.now() - killedAt)
  await writes.untilMore(100)
  await readers.untilAllReadSince(noticedAt)
  await Promise.all([writes.stop(), readers.stop()])
  await processes.endLeases()
  await untilDrained(processes)

  const since = (at: number) => reads.filter(({ beganAt }) => beganAt >= at)
  expect(findOutdated(reads.filter(({ endedAt }) => endedAt < promotedAt))).toEqual([])
  expect(await findForeign(processes, since(noticedAt), promoted)).toEqual([])
  expect(writes.acknowledged.filter(({ version }) => version > 1).length).toBeGreaterThan(100)
  const ids = [...new Set(writes.acknowledged.map(({ id }) => id))]
  expect(await findStale(processes, apis, send, ids)).toEqual([])
  const expired = await send(`${apis[1]}/v1/changes?cursor=${begun.body.page.nextCursor}`)
  expect(expired).toMatchObject({ status: 410, body: { code: 'cursor-expired' } })
  await until(() => received().includes('event: reset'))
  await expectHealthy(processes, worker)
  const lost = await findLost(processes, writes.acknowledged)
  console.info(
    `${isSynchronous ? 'synchronous' : 'asynchronous'} standby${isPooled ? ' behind PgBouncer' : ''}: ` +
      `${lost.length} of ${writes.acknowledged.length} acknowledged writes lost, ` +
      `${outageMs} ms from the kill to the next acknowledged write`,
  )
  return { lost, pointedAt, sinceCut: before.slice(madeBeforeCut), readSinceKill: since(killedAt), processes }
}

test('no acknowledged write is lost when a synchronous standby is promoted under load', async () => {
  const { lost, processes } = await failOver({ isSynchronous: true })
  expect(lost).toEqual([])
  const { document } = await processes.runCommand('doctor')
  expect(document.findings).toContainEqual(
    expect.objectContaining({ check: 'Postgres: timeline', state: 'ok', fact: expect.stringMatching(/^2, /) }),
  )
})

/** Loses the writes that an asynchronous standby does not get, and expects that nothing shows them afterwards. */
async function loseWrites(options: { isPooled: boolean }): Promise<void> {
  const { lost, pointedAt, sinceCut, readSinceKill } = await failOver({ isSynchronous: false, ...options })
  // A write of each client may have reached the standby before the cut, and its response the client after it.
  const kept = sinceCut.filter((write) => !lost.includes(write))
  expect(kept.length).toBeLessThanOrEqual(clients)
  expect(lost.filter(({ sentAt }) => sentAt >= pointedAt)).toEqual([])
  const lostTitles = new Set(lost.map(({ title }) => title))
  expect(readSinceKill.filter(({ title }) => lostTitles.has(title)).length).toBeGreaterThan(0)
}

test('lost writes leave no stale text when an asynchronous standby is promoted under load', () =>
  loseWrites({ isPooled: false }))

test.skipIf(!hasPgBouncer())('lost writes leave no stale text when a standby is promoted behind PgBouncer', () =>
  loseWrites({ isPooled: true }),
)
