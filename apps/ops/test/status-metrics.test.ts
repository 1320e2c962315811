import { until } from '@goals-tasks/devstack/testing'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import { type ClusterStatus, loadClusterStatus, loadStatus, type Status } from '@goals-tasks/operations'
import { expect } from 'vitest'
import { registerStatusMetrics } from '../src/status/metrics.ts'
import { test } from './support/ops.ts'

test.beforeEach(async ({ ops }) => {
  await ops.pool.query('truncate deliveries, dead_letters, events')
})

const away = () => Promise.reject(new Error('away'))

function scrape(load: () => Promise<Status>, loadCluster: () => Promise<ClusterStatus> = away): Promise<string> {
  const registry = createRegistry()
  registerStatusMetrics(registry, { loadStatus: load, loadCluster, log: createLogger('test', 'silent') })
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
  expect(text).toContain('gt_pending_deliveries{consumer="sync"} 1')
  expect(text).toMatch(/gt_queue_jobs\{consumer="sync",state="waiting"\} \d/)
  expect(text).toContain('gt_unpartitioned_events 0')
  expect(text).toMatch(/^gt_reminder_lag_seconds \d/m)
  expect(text).toMatch(/^gt_mail_digest_lag_seconds 0$/m)
  expect(text).toMatch(/^gt_mail_server_blocked 0$/m)
  expect(text).toContain('gt_webhooks{health="suspended"} 0')
  expect(text).toContain('gt_webhooks_paused 0')
  expect(text).toMatch(/^gt_sync_runs_active 0$/m)
  expect(text).toMatch(/^gt_sync_runs_stuck 0$/m)
  expect(text).toContain('gt_webhook_oldest_pending_seconds{health="paused"} 0')
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

test('the lag of the feed is the age of the oldest transaction that has written', async ({ ops: { pool }, ops }) => {
  const lag = async () => Number(/^gt_feed_lag_seconds (.*)$/m.exec(await scrape(() => loadStatus(ops)))?.[1])
  await until(async () => (await lag()) === 0)
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('select pg_current_xact_id(), pg_sleep(0.01)')
    expect(await lag()).toBeGreaterThanOrEqual(0.01)
    await client.query('rollback')
  } finally {
    client.release()
  }
  await until(async () => (await lag()) === 0)
})

test('a gauge has no sample when the status cannot be loaded', async () => {
  const text = await scrape(away)
  expect(text).not.toMatch(/^gt_dead_letters\{/m)
  expect(text).toContain('process_cpu_user_seconds_total')
})

test('a gauge has no sample of a queue that the last scrape could not read', async ({ ops }) => {
  const registry = createRegistry()
  const status = await loadStatus(ops)
  const statuses = [status, { ...status, consumers: status.consumers.map((each) => ({ ...each, queue: null })) }]
  const load = async () => statuses.shift() ?? status
  registerStatusMetrics(registry, { loadStatus: load, loadCluster: away, log: createLogger('test', 'silent') })
  expect(await registry.metrics()).toMatch(/^gt_queue_jobs\{consumer="sync"/m)
  expect(await registry.metrics()).not.toMatch(/^gt_queue_jobs\{/m)
})

test('a scrape shows the oldest transaction of the cluster and the dead rows of each table', async ({ ops }) => {
  const scrapeCluster = () => scrape(away, () => loadClusterStatus(ops.pool))
  const oldest = async () => Number(/^gt_db_oldest_transaction_seconds (\S+)$/m.exec(await scrapeCluster())?.[1])
  const holder = await ops.pool.connect()
  try {
    await holder.query('begin; select 1')
    await until(async () => (await oldest()) > 0.2)
  } finally {
    await holder.query('rollback')
    holder.release()
  }
  const text = await scrapeCluster()
  for (const table of ['goals', 'tasks', 'deliveries', 'events'])
    expect(text).toMatch(new RegExp(`^gt_db_dead_tuples\\{table="${table}"\\} \\d+$`, 'm'))
  expect(text).not.toMatch(/table="events_\w+"/)
})
