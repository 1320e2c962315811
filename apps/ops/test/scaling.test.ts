import { setPause } from '@goals-tasks/db'
import { createRegistry } from '@goals-tasks/observability'
import { loadScaling, loadStatus, type Scaling } from '@goals-tasks/operations'
import { pino } from 'pino'
import { expect } from 'vitest'
import { createScalingLook } from '../src/scaling/look.ts'
import { registerScalingMetrics } from '../src/scaling/metrics.ts'
import { bearer } from './support/actors.ts'
import { type Ops, startOps, test } from './support/ops.ts'

test.beforeEach(async ({ ops }) => {
  await ops.pool.query('truncate deliveries, dead_letters, events')
  await ops.queueOf('cache-invalidation').queue.obliterate({ force: true })
})

const get = async ({ app }: Pick<Ops, 'app'>, path: string) => app.inject({ url: path, headers: await bearer() })
const scalingOf = async (ops: Ops, consumer: string): Promise<Scaling> =>
  (await get(ops, `/ops/scaling/${consumer}`)).json()

test('an idle consumer needs no worker, and one with a scheduled job needs one', async ({ ops }) => {
  expect(await scalingOf(ops, 'cache-invalidation')).toEqual({
    consumer: 'cache-invalidation',
    wantedWorkers: 0,
    work: {
      ...{ waiting: 0, due: 0, scheduled: 0, active: 0, pendingDeliveries: 0 },
      ...{ jobSeconds: 0.1, oldestEventSeconds: null, isPaused: false },
    },
    targets: { concurrency: 8, drainSeconds: 30, waitSeconds: 60 },
  })
  await ops.queueOf('cache-invalidation').queue.add('goal:created', { events: [] }, { delay: 60_000 })
  expect(await scalingOf(ops, 'cache-invalidation')).toMatchObject({ wantedWorkers: 1, work: { scheduled: 1, due: 0 } })
})

test('the wanted workers follow from the waiting and due jobs and from the duration of finished ones', async ({
  ops,
}) => {
  const { queue } = ops.queueOf('cache-invalidation')
  await queue.addBulk(Array.from({ length: 30 }, () => ({ name: 'goal:created', data: { events: [] } })))
  await queue.add('goal:created', { events: [] }, { delay: 1, timestamp: Date.now() - 60_000 })
  const { connection: client } = ops.queues
  for (const [id, ms] of [
    ['one', 20_000],
    ['two', 40_000],
  ] as const) {
    await client.zadd(queue.toKey('completed'), ms, id)
    await client.hset(queue.toKey(id), { processedOn: 1_000, finishedOn: 1_000 + ms })
  }
  // 31 jobs of 30 s need 930 s of one slot, and a worker has 8 slots for 30 s.
  expect(await scalingOf(ops, 'cache-invalidation')).toMatchObject({
    wantedWorkers: 4,
    work: { waiting: 30, due: 1, scheduled: 0, jobSeconds: 30 },
  })
  await queue.pause()
  expect(await scalingOf(ops, 'cache-invalidation')).toMatchObject({ wantedWorkers: 1, work: { isPaused: true } })
  await queue.resume()
})

test('one more worker is wanted when an event is late that Redis does not know, until an attempt fails at it', async ({
  ops,
}) => {
  const { id: eventId } = await ops.createGoal()
  const cacheScaling = () => scalingOf(ops, 'cache-invalidation')
  expect(await cacheScaling()).toMatchObject({ wantedWorkers: 1, work: { waiting: 0, pendingDeliveries: 1 } })
  await ops.pool.query(
    `insert into deliveries (consumer, event_id) values ('cache-invalidation', uuidv7(interval '-90 seconds'))`,
  )
  const late = await cacheScaling()
  expect(late).toMatchObject({ wantedWorkers: 2, work: { waiting: 0, pendingDeliveries: 2 } })
  expect(late.work.oldestEventSeconds).toBeCloseTo(90, -1)
  await ops.pool.query(`update deliveries set last_error = 'it broke' where event_id <> $1`, [eventId])
  const failed = await cacheScaling()
  expect(failed.wantedWorkers).toBe(1)
  expect(failed.work.oldestEventSeconds).toBeLessThan(60)
})

test('a consumer that operators have paused wants no more workers than its running jobs need', async ({
  ops,
  onTestFinished,
}) => {
  const pauseOf = { consumer: 'cache-invalidation', actor: 'ada', reason: 'x' } as const
  onTestFinished(async () => void (await setPause(ops.pool, { ...pauseOf, isPaused: false })))
  const jobs = Array.from({ length: 2_500 }, () => ({ name: 'goal:created', data: { events: [] } }))
  await ops.queueOf('cache-invalidation').queue.addBulk(jobs)
  expect(await scalingOf(ops, 'cache-invalidation')).toMatchObject({ wantedWorkers: 2, work: { isPaused: false } })
  await setPause(ops.pool, { ...pauseOf, isPaused: true })
  expect(await scalingOf(ops, 'cache-invalidation')).toMatchObject({ wantedWorkers: 1, work: { isPaused: true } })
})

test('the scaling gets 401 without a token, and 400 when the consumer is unknown', async ({ ops }) => {
  expect((await ops.app.inject({ url: '/ops/scaling/sync' })).statusCode).toBe(401)
  expect((await get(ops, '/ops/scaling/post')).statusCode).toBe(400)
})

test('the scaling gets 503 when Redis is away, so that a scaler keeps its number', async () => {
  const ops = await startOps({ redisUrl: 'redis://127.0.0.1:1' })
  const response = await get(ops, '/ops/scaling/sync')
  expect(response.statusCode).toBe(503)
  expect(response.json()).toMatchObject({ detail: expect.stringContaining('Keep the present one') })
})

test('the scaling gets 500 and not the sentence about Redis when a query fails', async () => {
  const ops = await startOps({})
  await ops.pool.query('alter table deliveries rename to renamed')
  const response = await get(ops, '/ops/scaling/sync')
  expect(response.statusCode).toBe(500)
  expect(response.body).not.toContain('Redis')
})

test('the look at the scaling logs the reason when Redis fails after the status was loaded', async ({ ops }) => {
  const { queues } = await startOps({ redisUrl: 'redis://127.0.0.1:1' })
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'debug' }, { write: (text: string) => void lines.push(JSON.parse(text)) })
  expect(await createScalingLook({ lookAtStatus: () => loadStatus(ops), queues, log })()).toEqual([])
  expect(lines).toMatchObject([{ level: 20, err: expect.anything(), msg: 'the work of the queues cannot be read' }])
})

test('a scrape shows the wanted workers of every consumer', async ({ ops }) => {
  await ops.queueOf('audit-log').queue.add('goal:created', { events: [] }, { delay: 60_000 })
  const registry = createRegistry()
  registerScalingMetrics(registry, async () => loadScaling(await loadStatus(ops), ops.queues))
  const text = await registry.metrics()
  expect(text).toContain('gt_queue_workers_wanted{consumer="audit-log"} 1')
  expect(text).toContain('gt_queue_workers_wanted{consumer="sync"} 0')
})
