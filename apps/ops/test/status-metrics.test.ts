import { createLogger, createRegistry } from '@goals-tasks/observability'
import { loadStatus, type Status } from '@goals-tasks/operations'
import { expect } from 'vitest'
import { registerStatusMetrics } from '../src/status/metrics.ts'
import { test } from './support/ops.ts'

test.beforeEach(async ({ ops }) => {
  await ops.pool.query('truncate deliveries, dead_letters, events')
})

function scrape(load: () => Promise<Status>): Promise<string> {
  const registry = createRegistry()
  registerStatusMetrics(registry, load, createLogger('test', 'silent'))
  return registry.metrics()
}

test('a scrape loads the status once for all gauges', async ({ ops }) => {
  await ops.createDeadLetter('audit-log')
  let loads = 0
  const text = await scrape(() => {
    loads += 1
    return loadStatus(ops)
  })
  expect(text).toContain('gt_dead_letters{consumer="audit-log"} 1')
  expect(text).toMatch(/gt_queue_jobs\{consumer="sync",state="waiting"\} \d/)
  expect(text).toContain('gt_unpartitioned_events 0')
  expect(loads).toBe(1)
})

test('an event without a weekly partition is counted when it is recent, not when a replay restored it', async ({
  ops,
}) => {
  const { pool } = ops
  const insert = `insert into events_default
      (id, position, type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
      overriding system value values ($1, 0, 't', 'goal', gen_random_uuid(), 1, 0, gen_random_uuid(), '{}')`
  const { rows } = await pool.query(`select uuidv7(interval '60 days') as ahead, uuidv7(interval '-90 days') as past`)
  await pool.query(insert, [rows[0].past])
  expect(await scrape(() => loadStatus(ops))).toContain('gt_unpartitioned_events 0')
  await pool.query(insert, [rows[0].ahead])
  expect(await scrape(() => loadStatus(ops))).toContain('gt_unpartitioned_events 1')
})

test('a gauge has no sample when the status cannot be loaded', async () => {
  const text = await scrape(() => Promise.reject(new Error('away')))
  expect(text).not.toMatch(/^gt_dead_letters\{/m)
  expect(text).toContain('process_cpu_user_seconds_total')
})

test('a gauge has no sample of a queue that the last scrape could not read', async ({ ops }) => {
  const registry = createRegistry()
  const status = await loadStatus(ops)
  const statuses = [status, { ...status, consumers: status.consumers.map((each) => ({ ...each, queue: null })) }]
  registerStatusMetrics(registry, async () => statuses.shift() ?? status, createLogger('test', 'silent'))
  expect(await registry.metrics()).toMatch(/^gt_queue_jobs\{consumer="sync"/m)
  expect(await registry.metrics()).not.toMatch(/^gt_queue_jobs\{/m)
})
