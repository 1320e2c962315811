import { randomUUID } from 'node:crypto'
import { connectCache } from '@goals-tasks/cache'
import { listActions } from '@goals-tasks/db'
import { operationsTest } from '@goals-tasks/operations/testing'
import { expect } from 'vitest'
import { runErase } from '../src/user/erase.ts'
import { runCli } from './support/run-cli.ts'

/** A test with `user`, who owns one goal, and with the arguments that say who runs a command and why. */
const test = operationsTest
  .extend('user', async ({ operations }) => {
    const { aggregateId } = await operations.createGoal()
    const { rows } = await operations.pool.query('select user_id from goals where id = $1', [aggregateId])
    return rows[0].user_id as string
  })
  .extend('cause', { scope: 'file' }, () => ['--by', 'ada', '--reason', 'the user asked for it'] as const)

test('an export prints one row per line and ends with its counts', async ({ operations, user, cause }) => {
  const { code, stdout } = await runCli(operations.environment, 'user', 'export', user, ...cause)
  expect(code).toBe(0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    { type: 'goal', data: { title: 'a goal', userId: user } },
    { type: 'event', data: { type: 'goal:created' } },
    { type: 'end', user, counts: { goal: 1, event: 1 } },
  ])
  const [action] = await listActions(operations.pool, { limit: 1, subject: user })
  expect(action).toMatchObject({ action: 'user-exported', actor: 'ada', reason: 'the user asked for it' })
})

test('an erasure without --yes counts and changes nothing', async ({ operations, user, cause }) => {
  const { pool } = operations
  const counted = await runErase({ pool, openCache }, user, { by: 'ada' })
  expect(counted).toMatchObject({ exitCode: 1, text: expect.stringContaining('with --yes') })
  const dryRun = await runErase({ pool, openCache }, user, { by: 'ada', dryRun: true, yes: true })
  expect(dryRun).toMatchObject({ exitCode: 0, document: { wouldChange: { goals: 1, events: 1, event_readers: 1 } } })
  const { rows } = await pool.query('select deleted_at from goals where user_id = $1', [user])
  expect(rows).toEqual([{ deleted_at: null }])
  const { code, stdout } = await runCli(operations.environment, 'user', 'erase', user, '--yes', '--json', ...cause)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ erased: { goals: 1 }, left: 0, stopped: false, cacheError: null })
  const actions = await listActions(pool, { limit: 2, subject: user })
  expect(actions.map(({ action }) => action)).toEqual(['user-erased', 'user-erasure-started'])
  expect((await runCli(operations.environment, 'user', 'export', user, ...cause)).code).toBe(1)
})

test('an erasure fails when the cache cannot be voided', async ({ operations: { pool }, user }) => {
  const result = await runErase({ pool, openCache }, user, { by: 'ada', yes: true })
  expect(result).toMatchObject({ exitCode: 1, document: { left: 0, cacheError: 'it is away' } })
  expect(result.text).toContain('the cache was not voided (it is away)')
})

test.for([
  [['00000000-0000-0000-0000-000000000000', '--reason', 'x'], 'stands for no user'],
  [[randomUUID(), '--yes'], "required option '--reason <text>'"],
] as const)('user erase exits with 2 and the usage when its arguments are %j', async ([args, error]) => {
  const { code, stderr } = await runCli({}, 'user', 'erase', ...args)
  expect(code).toBe(2)
  expect(stderr).toContain(error)
})

/** A cache whose server is away. */
async function openCache() {
  const redis = connectCache('redis://127.0.0.1:1', () => undefined)
  return { redis, prefix: 'gone', error: 'it is away', close: () => redis.disconnect() }
}
