import { randomUUID } from 'node:crypto'
import { type OwnServer, ownRedisCluster, ownRedisSentinel, until } from '@goals-tasks/devstack/testing'
import { subscriptions } from '@goals-tasks/events'
import { expect, test } from 'vitest'
import { expectedOutcome } from '../support/processes/expected-outcome.ts'
import { signToken } from '../support/processes/marked-requests.ts'
import { installProcesses } from '../support/processes/process-installation.ts'

/** Starts an API, a worker and `ops` whose queues and cache lie in this Redis. */
async function startOn(url: string) {
  const processes = await installProcesses({ redis: { url, prefix: randomUUID() } })
  const [api, worker] = [await processes.startApi(), await processes.startWorker()]
  const ops = await processes.startOps()
  return { processes, api, worker, ops }
}

/** Returns how many processes serve the queue of a consumer, as Bull Board shows it. */
async function countWorkers(opsUrl: string, consumer: string): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${await signToken('ops')}` }
  const address = `${opsUrl}/ops/queues/api/queues/${encodeURIComponent(`consumers/${consumer}`)}/workers`
  const { workers } = (await (await fetch(address, { headers })).json()) as { workers: unknown[] | null }
  return workers?.length
}

async function killAndRestart(node: OwnServer): Promise<void> {
  await node.kill()
  await node.start()
}

test('the sample is loaded without a loss while each node of a cluster is killed once', async () => {
  const cluster = await ownRedisCluster()
  const { processes, api, worker, ops } = await startOn(cluster.url)
  const load = processes.loadSample(api.url)
  for (const [i, node] of cluster.nodes.entries()) {
    await until(async () => (await processes.count('events')) > 20 * (i + 1))
    await killAndRestart(node)
  }
  expect(await load.outcome()).toMatchObject(expectedOutcome)
  expect(worker.logs.filter(({ msg }) => msg?.includes('is stuck'))).toEqual([])
  // Only the node of a queue knows its worker, which may still be connecting to the node that was killed last.
  for (const consumer of Object.keys(subscriptions))
    await until(async () => (await countWorkers(ops.url, consumer)) === 1, {
      describe: () => `Bull Board shows the worker of ${consumer}`,
    })

  const status = await processes.runCommand('status')
  expect(status).toMatchObject({ code: 0, document: { healthy: true } })
  const { document } = await processes.runCommand('doctor')
  const found = (document.findings as { check: string; state: string }[]).filter(({ check }) => /^Redis/.test(check))
  expect(found.filter(({ state }) => state === 'problem')).toEqual([])
  expect(found.map(({ check }) => check)).toContain('Redis: cluster')
  // The version of each node.
  expect(found.filter(({ check }) => check.endsWith(': version'))).toHaveLength(3)
})

test('the sample is loaded without a loss while Sentinel promotes the replica', async () => {
  const { url, master } = await ownRedisSentinel()
  const { processes, api, worker } = await startOn(url)
  const load = processes.loadSample(api.url)
  await until(async () => (await processes.count('events')) > 30)
  await master.kill()
  expect(await load.outcome()).toMatchObject(expectedOutcome)
  expect(worker.logs.filter(({ msg }) => msg?.includes('is stuck'))).toEqual([])
  expect((await processes.runCommand('status')).code).toBe(0)
  const { document } = await processes.runCommand('doctor')
  expect(document.findings).toContainEqual(expect.objectContaining({ check: 'Redis: role', state: 'ok' }))
})
