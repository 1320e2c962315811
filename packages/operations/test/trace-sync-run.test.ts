import { randomUUID } from 'node:crypto'
import { startSyncRun } from '@goals-tasks/db'
import { expect } from 'vitest'
import { checkWebhooks } from '../src/doctor/webhooks.ts'
import { loadSyncRunStatus } from '../src/status/sync-runs.ts'
import { test } from './support/traces.ts'

test('trace shows a sync run with its progress and events, and the status and doctor find one that is stuck', async ({
  operations,
  trace,
}) => {
  const { pool } = operations
  const ownerId = randomUUID()
  const { rows } = await pool.query(
    `insert into webhooks (owner_id, url, secret) values ($1, 'https://hooks.example/secret', '') returning id`,
    [ownerId],
  )
  const webhookId = rows[0].id
  const webhook = { webhookId, withGoals: true, withTasks: true }
  const id = (await startSyncRun(pool, webhook, { types: ['sync:triggered'], actorId: ownerId })) ?? expect.fail()
  await pool.query(
    `insert into sync_run_failures (run_id, entity, entity_id, attempts, due_at, error)
     values ($1, 'goal', uuidv7(), 5, null, 'refused'), ($1, 'task', uuidv7(), 1, now(), 'refused')`,
    [id],
  )
  await pool.query(`update sync_runs set state = 'running', total = 9, goals = 2, tasks = 3, turn = 4`)
  const syncRun = {
    ...{ webhookId, host: 'hooks.example', stage: 'goals', total: 9, goals: 2, tasks: 3, skipped: 0 },
    ...{ retrying: 1, failed: 1, turns: 4, error: null },
  }
  const found = await trace(id)
  expect(found).toMatchObject({ entity: { id, kind: 'sync run', state: 'running', version: null }, syncRun })
  const [event] = found?.events ?? []
  expect(event).toMatchObject({ type: 'sync:triggered', aggregateId: id })
  expect(event?.consumers).toContainEqual(
    expect.objectContaining({ webhook: { id: webhookId, host: 'hooks.example' } }),
  )
  expect(await trace(event?.id ?? '')).toMatchObject({ entity: null, syncRun })
  const findingOf = async () => (await checkWebhooks(pool, [])).find(({ check }) => check === 'webhooks: sync runs')
  expect(await findingOf()).toMatchObject({ state: 'ok', fact: '1 active' })
  const running = { pending: 0, running: 1, oldestSeconds: expect.any(Number) }
  expect(await loadSyncRunStatus(pool)).toEqual({ ...running, stuck: 0 })
  await pool.query('delete from deliveries where target = $1', [webhookId])
  expect(await findingOf()).toMatchObject({ state: 'warning', fact: expect.stringMatching(/^1 of 1 active runs/) })
  expect(await loadSyncRunStatus(pool)).toEqual({ ...running, stuck: 1 })
  await pool.query('delete from webhooks')
  expect((await trace(id))?.syncRun).toMatchObject({ webhookId, host: null })
})
