import { randomUUID } from 'node:crypto'
import { connectCache } from '@goals-tasks/cache'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { integrityKinds } from '../src/integrity/findings.ts'
import { runIntegrity } from '../src/integrity/run-integrity.ts'
import { operationsTest } from './support/operations.ts'

const test = operationsTest
  .extend('cache', { scope: 'file' }, async ({ operations }, { onCleanup }) => {
    const redis = connectCache(operations.environment.REDIS_URL, () => undefined)
    onCleanup(() => redis.disconnect())
    await until(() => redis.status === 'ready')
    return { redis, prefix: operations.environment.QUEUE_PREFIX }
  })
  .extend('check', { scope: 'file' }, ({ operations, cache }) => async () => {
    const { counts, findings } = await runIntegrity({ pool: operations.pool, cache })
    const found = Object.entries(counts).filter(([, count]) => count > 0)
    return { found: Object.fromEntries(found), findings }
  })
  /** Creates a goal, and writes its audit row as the consumer does. */
  .extend('auditedGoal', { scope: 'file' }, ({ operations }) => async () => {
    const { aggregateId: id, id: eventId } = await operations.createGoal()
    await operations.pool.query(
      `with done as (delete from deliveries where event_id = $1)
       insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
       select aggregate_id, aggregate_version, id, type, actor_id, after, occurred_at from events where id = $1`,
      [eventId],
    )
    return { id, eventId }
  })
  .extend('empty', { auto: true }, async ({ operations }) => {
    await operations.pool.query(
      'truncate goals, events, deliveries, dead_letters, goal_audit_log, audit_retention cascade',
    )
  })

test('nothing is found when events are audited, pending or dead letters, on a live system', async ({
  operations,
  check,
  auditedGoal,
}) => {
  await auditedGoal()
  await operations.createGoal()
  await operations.createDeadLetter('audit-log')
  await operations.createDeadLetter('sync')
  expect(await check()).toEqual({ found: {}, findings: [] })
})

test('an event of a dropped partition is proven by its audit row', async ({ operations, check, auditedGoal }) => {
  await auditedGoal()
  await operations.pool.query('truncate events')
  expect(await check()).toEqual({ found: {}, findings: [] })
})

test('the newest version past the retention of audit rows proves those before it', async ({
  operations,
  check,
  auditedGoal,
}) => {
  const { id } = await auditedGoal()
  await operations.pool.query(
    `with newer as (update goals set version = 3 where id = $1)
     update goal_audit_log set version = 3, occurred_at = now() - interval '200 days',
       after = after - 'updatedAt' || '{"version": 3}' where goal_id = $1`,
    [id],
  )
  await operations.pool.query('truncate events')
  expect((await check()).found).toEqual({ gap: 2 })
  const keepSince = (days: number) =>
    operations.pool.query(
      `insert into audit_retention values ('goal', now() - make_interval(days => $1), null)
       on conflict (entity) do update set kept_since = excluded.kept_since`,
      [days],
    )
  await keepSince(100)
  expect(await check()).toEqual({ found: {}, findings: [] })
  await keepSince(300)
  expect((await check()).found).toEqual({ gap: 2 })
})

const faults = [
  ['gap', { gap: 1 }, `update goals set version = version + 1 where id = $1`, 2],
  ['lost event', { lost: 1 }, `delete from goal_audit_log where goal_id = $1`, 1],
  [
    'doubled event',
    { duplicate: 1 },
    `insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
     select type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after
     from events where aggregate_id = $1`,
    1,
  ],
  [
    'delivery of an audited event',
    { duplicate: 1 },
    `insert into deliveries (consumer, event_id) select 'audit-log', id from events where aggregate_id = $1`,
    1,
  ],
  [
    'audit row ahead of its goal',
    { ahead: 1 },
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
     select goal_id, 2, uuidv7(), type, actor_id, after, occurred_at from goal_audit_log where goal_id = $1`,
    2,
  ],
  ['changed row without an event', { stale: 1 }, `update goals set title = 'another' where id = $1`, 1],
] as const

test('a fault of each kind is injected', () => {
  const elsewhere = ['orphan', 'stale-cache']
  const injected = new Set([...faults.flatMap(([, found]) => Object.keys(found)), ...elsewhere])
  expect([...injected].sort()).toEqual(Object.keys(integrityKinds).sort())
})

test.for(faults)('the check finds a %s', async ([, found, fault, version], { operations, check, auditedGoal }) => {
  await auditedGoal()
  const { id } = await auditedGoal()
  await operations.pool.query(fault, [id])
  const result = await check()
  expect(result.found).toEqual(found)
  expect(result.findings).toEqual([{ kind: Object.keys(found)[0], subject: 'goal', id, version }])
})

test('the check finds a delivery without an event, and one beside its dead letter', async ({ operations, check }) => {
  const orphan = randomUUID()
  await operations.pool.query(`insert into deliveries (consumer, event_id) values ('sync', $1)`, [orphan])
  const { eventId } = await operations.createDeadLetter('sync')
  await operations.pool.query(`insert into deliveries (consumer, event_id) values ('sync', $1)`, [eventId])
  const { found, findings } = await check()
  expect(found).toEqual({ orphan: 1, duplicate: 1 })
  expect(findings.map(({ kind, id }) => [kind, id])).toEqual(
    expect.arrayContaining([
      ['orphan', orphan],
      ['duplicate', eventId],
    ]),
  )
})

test('the check finds a cached version that differs, and no entry of another generation', async ({
  operations,
  cache,
  check,
  auditedGoal,
}) => {
  const { redis, prefix } = cache
  const store = (id: string, version: number, generation = 'now') =>
    redis.set(`${prefix}:goal:${id}`, `${version} token ${generation} reader\n{}`)
  await redis.set(`${prefix}:generation`, 'now')
  const [stale, ahead, old, current] = [
    await auditedGoal(),
    await auditedGoal(),
    await auditedGoal(),
    await auditedGoal(),
  ]
  await store(stale.id, 0)
  await store(ahead.id, 2)
  await store(old.id, 0, 'before')
  await store(current.id, 1)
  const { found, findings } = await check()
  expect(found).toEqual({ 'stale-cache': 1, ahead: 1 })
  expect(findings.map(({ kind, id }) => [kind, id])).toEqual(
    expect.arrayContaining([
      ['stale-cache', stale.id],
      ['ahead', ahead.id],
    ]),
  )
  await operations.pool.query(`insert into deliveries (consumer, event_id) select 'cache-invalidation', $1`, [
    stale.eventId,
  ])
  expect((await check()).found).toEqual({ ahead: 1 })
})

test('the check covers every row when there are more than one batch', async ({ operations, check }) => {
  await operations.pool.query(
    `insert into goals (user_id, title) select gen_random_uuid(), 'a goal' from generate_series(1, 501)`,
  )
  expect((await check()).found).toEqual({ gap: 501 })
})
