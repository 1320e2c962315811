import { randomUUID } from 'node:crypto'
import { installationWebhookId, setInstallationWebhook } from '@goals-tasks/db'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { test as base } from '../support/test.ts'
import { insertWebhook } from '../support/webhooks.ts'

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

/** A user with a webhook, and the start of a run of it. */
const test = base.extend('hook', async ({ api }) => {
  const user = await api.as()
  const webhookId = await insertWebhook(api.pool, user.id)
  return {
    ...{ user, webhookId },
    start: (by: Client = user, body: object = { webhookId }) => by.post('/v1/sync-runs', body),
    set: (fields: string) => api.pool.query(`update webhooks set ${fields} where id = $1`, [webhookId]),
    async deliveries() {
      const { rows } = await api.pool.query(
        `select e.type, e.actor_id as "actorId", e.after, due_at <= now() as "isDue"
         from deliveries join events e on e.id = event_id where target = $1`,
        [webhookId],
      )
      return rows
    },
  }
})

const code = ({ status, body }: { status: number; body: Record<string, unknown> }) => [status, body.code]

test('the response to a start has the run, and its event is due at once', async ({ hook }) => {
  const { user, webhookId } = hook
  const started = await hook.start()
  expect(started).toMatchObject({
    status: 202,
    body: {
      ...{ id: expect.any(String), webhookId, state: 'pending', total: null, error: null, createdAt: instant },
      ...{ goals: 0, tasks: 0, skipped: 0, retrying: 0, failed: 0, startedAt: null, endedAt: null },
    },
  })
  const { id, createdAt } = started.body
  expect(started.headers.location).toBe(`/v1/sync-runs/${id}`)
  expect(await hook.deliveries()).toEqual([
    {
      ...{ type: 'sync:triggered', actorId: user.id, isDue: true },
      after: { id, userId: user.id, webhookId, createdAt },
    },
  ])
  expect((await user.get('/v1/sync-runs')).body.data).toEqual([started.body])
  expect((await user.get(`/v1/sync-runs/${id}`)).body).toEqual({ ...started.body, failures: [] })
})

test('exactly one of many concurrent starts is admitted', async ({ hook }) => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => hook.start()))
  expect(answers.map(code).toSorted()).toEqual([[202, undefined], ...Array(7).fill([409, 'sync-run-active'])])
  expect(await hook.deliveries()).toHaveLength(1)
})

test('a repeated start with the same key is executed once', async ({ hook }) => {
  const start = () => hook.user.post('/v1/sync-runs', { webhookId: hook.webhookId }, { 'idempotency-key': 'a-run' })
  const [first, second] = [await start(), await start()]
  expect([second.status, second.body, second.headers['idempotency-replayed']]).toEqual([202, first.body, 'true'])
})

test('a run of a disabled webhook, or of one without types of goals and tasks, is refused', async ({ hook }) => {
  await hook.set(`types = '{notification:sent}'`)
  expect(code(await hook.start())).toEqual([409, 'nothing-to-sync'])
  await hook.set(`types = null, is_enabled = false, health = 'disabled', disabled_cause = 'owner', disabled_at = now()`)
  expect(code(await hook.start())).toEqual([409, 'webhook-disabled'])
  expect(await hook.deliveries()).toEqual([])
})

test('a run has only the kinds of entities whose types its webhook gets, and needs only their scopes', async ({
  api,
  hook,
}) => {
  const reader = await api.as(hook.user.id, 'sync tasks:read')
  expect(code(await hook.start(reader))).toEqual([403, 'insufficient-scope'])
  await hook.set(`types = '{task:completed,notification:sent}'`)
  const { status, body } = await hook.start(reader)
  expect(status).toBe(202)
  const { rows } = await api.pool.query('select with_goals, with_tasks, stage from sync_runs where id = $1', [body.id])
  expect(rows).toEqual([{ with_goals: false, with_tasks: true, stage: 'tasks' }])
})

test('a webhook that does not exist, or that is the endpoint of the installation, has no runs', async ({
  api,
  hook,
}) => {
  expect(code(await hook.start(hook.user, { webhookId: randomUUID() }))).toEqual([404, 'not-found'])
  await setInstallationWebhook(api.pool, 'http://127.0.0.1:9/')
  const admin = await api.as(randomUUID(), 'admin')
  expect(code(await hook.start(admin, { webhookId: installationWebhookId }))).toEqual([404, 'not-found'])
  await setInstallationWebhook(api.pool, undefined)
})

test('an administrator starts and cancels the run of the owner of the webhook', async ({ api, hook }) => {
  const admin = await api.as(randomUUID(), 'admin')
  const { body } = await hook.start(admin)
  expect((await hook.user.get('/v1/sync-runs')).body.data).toMatchObject([{ id: body.id }])
  expect((await admin.get('/v1/sync-runs')).body.data).toEqual([])
  expect((await admin.post(`/v1/sync-runs/${body.id}/cancel`)).status).toBe(200)
})

test('a cancelled run makes room for the next one, and can be cancelled again', async ({ hook }) => {
  const { user } = hook
  const { id } = (await hook.start()).body
  const cancel = () => user.post(`/v1/sync-runs/${id}/cancel`)
  const cancelled = await cancel()
  expect(cancelled).toMatchObject({ status: 200, body: { id, state: 'cancelled', endedAt: instant } })
  expect(await hook.deliveries()).toEqual([])
  expect((await cancel()).body).toEqual(cancelled.body)
  expect((await hook.start()).status).toBe(202)
})

test('a run that is over cannot be cancelled, and shows what failed', async ({ api, hook }) => {
  const { user } = hook
  const { id } = (await hook.start()).body
  const goal = await user.createGoal()
  await api.pool.query(`update sync_runs set state = 'completed', ended_at = now() where id = $1`, [id])
  await api.pool.query(
    `insert into sync_run_failures (run_id, entity, entity_id, attempts, due_at, error)
     values ($1, 'goal', $2, 5, null, 'the receiver answered 422'), ($1, 'task', $3, 1, now(), 'later')`,
    [id, goal.id, randomUUID()],
  )
  expect(code(await user.post(`/v1/sync-runs/${id}/cancel`))).toEqual([409, 'sync-run-over'])
  expect((await user.get(`/v1/sync-runs/${id}`)).body).toMatchObject({
    ...{ state: 'completed', failed: 1, retrying: 1 },
    failures: [
      {
        ...{ entityType: 'goal', entityId: goal.id, attempts: 5 },
        ...{ error: 'the receiver answered 422', nextAttemptAt: null },
      },
      { entityType: 'task', attempts: 1, error: 'later', nextAttemptAt: instant },
    ],
  })
})
