import { randomInt, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cleanUp, type Program, startProcess, until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import type { Installation } from '../support/installation.ts'
import { countRows, makeDue } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { secretsKey } from '../support/test-worker.ts'
import { insertWebhook } from '../support/webhooks.ts'
import { createWriter } from '../support/writer.ts'

const kills = 6

const startWorkerProcess = ({ url, redisUrl, prefix }: Installation): Program =>
  startProcess('apps/worker/src/main.ts', {
    ...{ DATABASE_URL: url, REDIS_URL: redisUrl, QUEUE_PREFIX: prefix, CACHE_PREFIX: prefix, PROBE_PORT: '0' },
    ...{ WORKER_CONSUMERS: 'sync', WEBHOOK_ALLOW_NETWORKS: 'loopback', SECRETS_KEY: secretsKey.toString('base64') },
  })

/** A receiver that remembers the ids for which it answered 2xx, also over its kills. */
async function startMortalReceiver() {
  const accepted = new Map<string, string[]>()
  const listen = (port: number) => {
    const server = createServer(async (request, response) => {
      const id = String(request.headers['webhook-id'])
      request.resume()
      await new Promise((resolve) => request.once('end', resolve))
      const ids = accepted.get(request.url ?? '') ?? []
      accepted.set(request.url ?? '', [...ids, id])
      response.writeHead(204).end()
    })
    return new Promise<typeof server>((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
  }
  let server = await listen(0)
  const { port } = server.address() as AddressInfo
  cleanUp(async () => void server.close().closeAllConnections())
  return {
    accepted,
    url: `http://127.0.0.1:${port}`,
    async kill() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
    async start() {
      server = await listen(port)
    },
  }
}

const maxPending = 200

/** Writes goals and changes of them until `isOver`, with a bounded backlog. */
async function load({ pool, dispatcher }: Installation, owners: readonly string[], isOver: () => boolean) {
  const write = createWriter(pool)
  for (let i = 0; !isOver(); i++) {
    await until(async () => isOver() || (await countRows(pool, `deliveries where consumer = 'sync'`)) < maxPending, {
      timeoutMs: 170_000,
    })
    const goal = await write.goal(owners[i % owners.length])
    const changed = await write.changeGoal(goal.entity, { title: `goal ${i}` })
    dispatcher.dispatch([...goal.events, ...changed.events])
  }
}

/** Lets the waits of the schedule and of the suspensions pass. A Redis without jobs makes the sweeper enqueue all. */
async function skipWaits({ pool, producer, prefix }: Installation): Promise<void> {
  const keys = await producer.keys(`{${prefix}:sync}*`)
  if (keys.length > 0) await producer.unlink(keys)
  await pool.query(`update webhooks set suspended_until = now() where suspended_until is not null`)
  await makeDue(pool)
}

/** Lets waits pass until every delivery has ended. An event that fails between two steps of `skipWaits` waits again. */
const drain = (installation: Installation) =>
  until(
    async () => {
      await skipWaits(installation)
      const isOver = async () => (await countRows(installation.pool, `deliveries where consumer = 'sync'`)) === 0
      return until(isOver, { timeoutMs: 15_000 }).catch(() => false)
    },
    { timeoutMs: 150_000 },
  )

test('a receiver gets every event of its reader when it and the worker are killed again and again', async ({
  installation,
}) => {
  const { pool } = installation
  const receiver = await startMortalReceiver()
  const owners = [randomUUID(), randomUUID(), randomUUID()]
  for (const ownerId of owners) await insertWebhook(pool, { ownerId, url: `${receiver.url}/${ownerId}` })
  // The target of SYNC_URL has no worker that serves it here.
  await pool.query(`update receivers set is_present = false where consumer = 'sync'`)
  let worker = startWorkerProcess(installation)
  await worker.waitForLog((line) => line.msg === 'ready')
  let isOver = false
  const loading = load(installation, owners, () => isOver)
  const received = () => [...receiver.accepted.values()].flat().length

  for (let kill = 0; kill < kills; kill++) {
    const before = received()
    await until(() => received() > before + randomInt(20))
    if (randomInt(2) === 0) {
      worker.kill('SIGKILL')
      await worker.exit
      worker = startWorkerProcess(installation)
    } else {
      await receiver.kill()
      const failures = await countRows(pool, `webhook_attempts where outcome = 'failed'`)
      await until(async () => (await countRows(pool, `webhook_attempts where outcome = 'failed'`)) > failures)
      await receiver.start()
    }
    await skipWaits(installation)
  }
  isOver = true
  await loading
  await drain(installation)

  for (const owner of owners) {
    const { rows } = await pool.query('select event_id as id from event_readers where reader_id = $1', [owner])
    const ids = new Set(receiver.accepted.get(`/${owner}`))
    expect([...ids].toSorted()).toEqual(rows.map(({ id }) => id).toSorted())
  }
  expect(await countRows(pool, 'dead_letters')).toBe(0)
})
