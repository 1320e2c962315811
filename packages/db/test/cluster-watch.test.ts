import { freshDatabase } from '@goals-tasks/devstack/testing'
import { test as base, expect, onTestFinished } from 'vitest'
import { createDatabase } from '../src/engine/client.ts'
import { createCheckAfterCommit, createClusterWatch } from '../src/engine/cluster-watch.ts'
import { prepareForPooler } from './support/prepare-for-pooler.ts'
import { promoteTo } from './support/promote-to.ts'

type VoidCache = () => Promise<void>

/** A database, and processes that watch its cluster. `calls` has their calls of `voidCache` and their changes. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from this pattern
  .extend('url', async ({}) => (await freshDatabase()).url)
  .extend('start', ({ url }) => (voidCache: VoidCache = async () => undefined, voidTimeoutMs = 5_000) => {
    const calls: string[] = []
    const watch = createClusterWatch({
      voidCache: async () => {
        calls.push('void')
        await voidCache()
      },
      log: { warn: () => calls.push('changed'), debug: ({ err }: { err?: unknown }) => calls.push(String(err)) },
      voidTimeoutMs,
    })
    const options = { url, poolSize: 4, name: 'test', onError: () => undefined, onConnect: watch.check }
    const { pool, close } = createDatabase(options)
    onTestFinished(close)
    return { watch, pool, calls }
  })

const epoch = 'select epoch, timeline from installation'

test('no cache is voided when the cluster is the recorded one', async ({ start }) => {
  const { watch, pool, calls } = start()
  await pool.query('select 1')
  await watch.check(pool)
  expect(calls).toEqual([])
  expect((await pool.query(epoch)).rows).toEqual([{ epoch: 1, timeline: 1 }])
})

test('the cache is voided and the epoch rises once before the first query when the timeline is another', async ({
  start,
}) => {
  await start().pool.query(promoteTo(2))
  const { pool, calls } = start()
  const all = await Promise.all([1, 2, 3, 4].map(() => pool.query(epoch)))
  expect(all.map(({ rows }) => rows)).toEqual(Array(4).fill([{ epoch: 2, timeline: 2 }]))
  expect(calls).toEqual(['void', 'changed'])
})

test('every running process voids the cache, and one raises the epoch, when a standby is promoted', async ({
  start,
}) => {
  const [one, other] = [start(), start()]
  await Promise.all([one.pool.query('select 1'), other.pool.query('select 1')])
  await one.pool.query(promoteTo(null))
  await one.watch.check(one.pool)
  expect(one.calls).toEqual([])
  await one.pool.query(promoteTo(2))
  for (const { watch, pool } of [one, other, one, other]) await watch.check(pool)
  expect([one.calls, other.calls]).toEqual(Array(2).fill(['void', 'changed']))
  expect((await one.pool.query(epoch)).rows).toEqual([{ epoch: 2, timeline: 2 }])
})

test('the cluster stays unrecorded until a later check when the cache cannot be voided', async ({ start }) => {
  await start().pool.query(promoteTo(2))
  let isAway = true
  const voidCache = async () => {
    if (isAway) throw new Error('Redis is away')
  }
  const { watch, pool, calls } = start(voidCache, 50)
  expect((await pool.query(epoch)).rows).toEqual([{ epoch: 1, timeline: 1 }])
  expect(calls.join()).toContain('timed out')
  isAway = false
  await watch.check(pool)
  expect((await pool.query(epoch)).rows).toEqual([{ epoch: 2, timeline: 2 }])
  expect(calls.filter((call) => call === 'changed')).toHaveLength(1)
})

test('a connection is usable when the database lacks the functions', async ({ start }) => {
  const { pool, calls } = start()
  await pool.query('drop function present_cluster cascade')
  await Promise.all([pool.query('select pg_sleep(0.01)'), pool.query('select 1')])
  expect(calls.at(-1)).toContain('present_cluster() does not exist')
})

type Options = Parameters<typeof createCheckAfterCommit>[1]

/** Opens the database as behind a pooler, whose connections outlive a failover. */
async function openBehindPooler(url: string, options: Pick<Options, 'check' | 'timeoutMs'>) {
  const { pool, close } = createDatabase({
    ...{ url: await prepareForPooler(url), poolSize: 2, name: 'test', onError: () => undefined },
  })
  onTestFinished(close)
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const afterCommit = createCheckAfterCommit(pool, { onError, ...options }) ?? expect.fail('no pooler')
  return { pool, errors, afterCommit }
}

test('no check follows a commit without a pooler', async ({ start }) => {
  const { pool, watch } = start()
  expect(createCheckAfterCommit(pool, { ...watch, onError: () => undefined })).toBeUndefined()
})

test('the cache is voided after a commit when the connections outlived a failover', async ({ url, start }) => {
  const { watch, calls } = start()
  const { pool, errors, afterCommit } = await openBehindPooler(url, { ...watch, timeoutMs: 60_000 })
  await afterCommit()
  expect(calls).toEqual([])
  await pool.query(promoteTo(2))
  await afterCommit()
  expect(calls).toEqual(['void', 'changed'])
  expect((await pool.query(epoch)).rows).toEqual([{ epoch: 2, timeline: 2 }])
  expect(errors).toEqual([])
})

test('commits of one time share a check, and a later commit has one of its own', async ({ url }) => {
  let checks = 0
  const { afterCommit } = await openBehindPooler(url, { check: async () => void checks++ })
  await Promise.all(Array.from({ length: 50 }, afterCommit))
  expect(checks).toBe(1)
  await afterCommit()
  expect(checks).toBe(2)
})

test('a check that fails or gets no answer is reported, and the next one is made', async ({ url }) => {
  const fail = async () => Promise.reject(new Error('Postgres is away'))
  const hang = () => new Promise<void>(() => undefined)
  const checks = [fail, hang, async () => undefined]
  const { errors, afterCommit } = await openBehindPooler(url, {
    check: () => (checks.shift() ?? hang)(),
    timeoutMs: 50,
  })
  for (let i = 0; i < 3; i++) await afterCommit()
  expect(errors.map(String)).toEqual(['Error: Postgres is away', expect.stringContaining('timed out')])
})
