import { randomUUID } from 'node:crypto'
import { recordBeat, setPause } from '@goals-tasks/db'
import { consumerNames } from '@goals-tasks/events'
import { createRegistry } from '@goals-tasks/observability'
import { findMissingConsumers, loadStatus } from '@goals-tasks/operations'
import pino from 'pino'
import { expect } from 'vitest'
import { withConsumers } from '../src/status/consumer-readiness.ts'
import { registerStatusMetrics } from '../src/status/metrics.ts'
import { bearer, operatorId } from './support/actors.ts'
import { startOps, test } from './support/ops.ts'

const worker = (consumers: readonly string[]) => ({
  ...{ id: randomUUID(), role: 'worker', consumers, version: '1.2.3', host: 'a-host', pid: 7, poolSize: 10 },
  startedAtMs: Date.now(),
})

test('a pause and a resume answer with the record, and are logged with actor and reason', async () => {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'warn' }, { write: (text: string) => void lines.push(JSON.parse(text)) })
  const ops = await startOps({ log })
  const change = async (verb: string, reason: string) =>
    ops.app.inject({
      method: 'POST',
      url: `/ops/consumers/sync/${verb}`,
      headers: await bearer(),
      payload: { reason },
    })
  const paused = await change('pause', 'the receiver moves')
  expect(paused.json()).toMatchObject({
    consumer: 'sync',
    isPaused: true,
    actor: operatorId,
    reason: 'the receiver moves',
  })
  expect((await change('pause', 'again')).json()).toEqual(paused.json())
  const { consumers } = await loadStatus(ops)
  expect(consumers.find(({ consumer }) => consumer === 'sync')?.pause).toMatchObject({ reason: 'the receiver moves' })
  expect((await change('resume', 'it has moved')).json()).toMatchObject({ isPaused: false })
  expect(lines.map(({ msg, actorId, reason }) => [msg, actorId, reason])).toEqual([
    ['consumer paused', operatorId, 'the receiver moves'],
    ['consumer resumed', operatorId, 'it has moved'],
  ])
})

test('a webhook of a user is paused and resumed by itself, and an unknown one is 404', async ({ ops }) => {
  const { rows } = await ops.pool.query(
    `insert into webhooks (owner_id, url, secret) values (gen_random_uuid(), 'http://a.example/', '') returning id`,
  )
  const change = async (id: string, verb: string) =>
    ops.app.inject({
      ...{ method: 'POST', url: `/ops/webhooks/${id}/${verb}`, headers: await bearer() },
      payload: { reason: 'the receiver moves' },
    })
  const name = `sync/${rows[0].id}`
  expect((await change(rows[0].id, 'pause')).json()).toMatchObject({ consumer: name, isPaused: true })
  expect((await loadStatus(ops)).pausedWebhooks).toMatchObject([{ name, reason: 'the receiver moves' }])
  expect((await change(rows[0].id, 'resume')).json()).toMatchObject({ consumer: name, isPaused: false })
  expect((await loadStatus(ops)).pausedWebhooks).toEqual([])
  expect((await change(randomUUID(), 'pause')).statusCode).toBe(404)
})

test('a pause is refused without the scope ops, without a reason and for an unknown consumer', async ({ ops }) => {
  const send = async (consumer: string, payload: object, scope = 'ops') =>
    (
      await ops.app.inject({
        method: 'POST',
        url: `/ops/consumers/${consumer}/pause`,
        headers: await bearer(scope),
        payload,
      })
    ).statusCode
  expect(await send('sync', { reason: 'x' }, 'tasks:write')).toBe(403)
  expect(await send('sync', {})).toBe(422)
  expect(await send('sync', { reason: '' })).toBe(422)
  expect(await send('sync', { reason: 'x'.repeat(501) })).toBe(422)
  expect(await send('nothing', { reason: 'x' })).toBe(400)
  expect((await loadStatus(ops)).consumers.map(({ pause }) => pause)).toEqual(consumerNames.map(() => null))
})

test('the readiness names a consumer that no process runs', async ({ ops }) => {
  const own = Promise.resolve({ status: 'ready', checks: { postgres: 'ok' } } as const)
  const look = (isRequired: boolean) =>
    withConsumers(own, { findMissing: () => findMissingConsumers(ops.pool), isRequired })
  await ops.pool.query('truncate processes')
  await recordBeat(ops.pool, worker(['audit-log', 'cache-invalidation', 'notifications', 'email']))
  expect(await look(false)).toEqual({
    status: 'degraded',
    checks: { postgres: 'ok', consumers: 'no process runs sync' },
  })
  expect(await look(true)).toMatchObject({ status: 'unavailable' })
  await recordBeat(ops.pool, worker(['sync']))
  expect(await look(true)).toEqual({ status: 'ready', checks: { postgres: 'ok', consumers: 'ok' } })
})

test('the metrics show how many processes serve a consumer, and whether it is paused', async ({ ops }) => {
  await ops.pool.query('truncate processes, consumer_pauses')
  for (const consumers of [['sync'], ['sync', 'audit-log']]) await recordBeat(ops.pool, worker(consumers))
  await setPause(ops.pool, { consumer: 'sync', isPaused: true, actor: 'ada', reason: 'x' })
  const registry = createRegistry()
  registerStatusMetrics(registry, {
    loadStatus: () => loadStatus(ops),
    loadCluster: () => Promise.reject(new Error('away')),
    log: pino({ level: 'silent' }),
  })
  const text = await registry.metrics()
  for (const line of [
    'gt_queue_workers{consumer="sync"} 2',
    'gt_queue_workers{consumer="notifications"} 0',
    'gt_queue_paused{consumer="sync"} 1',
    'gt_queue_paused{consumer="audit-log"} 0',
  ])
    expect(text).toContain(line)
})
