import { migrate } from '@goals-tasks/db'
import { type OwnServer, ownPrimary, ownStandby, startTcpProxy, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, test } from 'vitest'
import { findLost, findStale } from '../support/processes/acknowledged.ts'
import { createSender, followFeed, startWrites } from '../support/processes/failover-load.ts'
import { signToken } from '../support/processes/marked-requests.ts'
import { installProcesses } from '../support/processes/process-installation.ts'
import { untilDrained } from '../support/rows.ts'

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

/** Starts processes behind a proxy that an operator, or a load balancer, points to another primary. */
async function startProcesses(primary: OwnServer) {
  const proxy = await startTcpProxy(primary.url)
  const processes = await installProcesses({ database: { url: proxy.url } })
  const [one, other] = await Promise.all([processes.startApi(), processes.startApi()])
  const worker = await processes.startWorker()
  return { proxy, processes, apis: [one.url, other.url] as const, worker }
}

async function failOver({ isSynchronous }: { isSynchronous: boolean }) {
  const { primary, replication, standby } = await startCluster(isSynchronous)
  const { proxy, processes, apis, worker } = await startProcesses(primary)
  const token = await signToken('goals:read goals:write tasks:read')
  const send = createSender(token)
  const received = await followFeed(apis[0], token)
  const begun = (await send(`${apis[1]}/v1/changes`)) as unknown as { body: { page: { nextCursor: string } } }
  const writes = startWrites(apis, send)
  await writes.untilMore(100)
  if (!isSynchronous) {
    replication.freeze()
    await writes.untilMore(30)
  }

  await primary.kill()
  const killedAt = performance.now()
  await standby.promote()
  proxy.pointTo(standby.url)
  await writes.untilMore(1)
  const outageMs = Math.round(performance.now() - killedAt)
  await writes.untilMore(100)
  await writes.stop()
  await processes.endLeases()
  await untilDrained(processes)

  expect(writes.acknowledged.filter(({ version }) => version > 1).length).toBeGreaterThan(100)
  const ids = [...new Set(writes.acknowledged.map(({ id }) => id))]
  expect(await findStale(processes, apis, send, ids)).toEqual([])
  const expired = await send(`${apis[1]}/v1/changes?cursor=${begun.body.page.nextCursor}`)
  expect(expired).toMatchObject({ status: 410, body: { code: 'cursor-expired' } })
  await until(() => received().includes('event: reset'))
  expect((await processes.scrape()).filter((text) => text.includes('\ngt_cache_trusted 0'))).toEqual([])
  const { code, document } = await processes.runCommand('integrity')
  expect({ code, findings: document.findings }).toEqual({ code: 0, findings: [] })
  expect(worker.logs.filter(({ msg }) => msg?.includes('is stuck'))).toEqual([])
  const lost = await findLost(processes, writes.acknowledged)
  console.info(
    `${isSynchronous ? 'synchronous' : 'asynchronous'} standby: ${lost.length} of ${writes.acknowledged.length} ` +
      `acknowledged writes lost, ${outageMs} ms from the kill to the next acknowledged write`,
  )
  return { lost, processes }
}

test('no acknowledged write is lost when a synchronous standby is promoted under load', async () => {
  const { lost, processes } = await failOver({ isSynchronous: true })
  expect(lost).toEqual([])
  const { document } = await processes.runCommand('doctor')
  expect(document.findings).toContainEqual(
    expect.objectContaining({ check: 'Postgres: timeline', state: 'ok', fact: expect.stringMatching(/^2, /) }),
  )
})

test('lost writes leave no stale text when an asynchronous standby is promoted under load', async () => {
  const { lost } = await failOver({ isSynchronous: false })
  expect(lost.length).toBeGreaterThan(0)
})
