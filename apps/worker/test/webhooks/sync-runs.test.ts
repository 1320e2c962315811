import type { ServerResponse } from 'node:http'
import { endSyncRun } from '@goals-tasks/db'
import { until } from '@goals-tasks/devstack/testing'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import { healthLimits } from '../../src/consumers/sync/sync.ts'
import { startReceiver } from '../support/receiver.ts'
import { countRows, makeDue } from '../support/rows.ts'
import { accept, refuse, test } from '../support/sync-run-user.ts'
import { loadRun, quickRuns, startRun } from '../support/sync-runs.ts'
import { loadWebhook } from '../support/webhooks.ts'

test('a run sends each goal and task that its owner sees, and then its end', async ({ installation, write, user }) => {
  const { pool } = installation
  const [goal, other] = [await write.goal(user.ownerId), await write.goal()]
  const task = await write.task(goal.entity)
  const assigned = await write.task(other.entity, { assignedTo: user.ownerId })
  await write.task(other.entity)
  const deleted = await write.goal(user.ownerId)
  await pool.query('update goals set deleted_at = now() where id = $1', [deleted.entity.id])
  const webhook = await user.startWebhook()
  const runId = await startRun(pool, webhook)
  user.work()
  expect(await user.untilOver(runId)).toMatchObject({ state: 'completed', total: 4, goals: 2, tasks: 2, failures: 0 })

  const messages = webhook.received.map(({ headers, text }) =>
    Object(new Webhook(webhook.secret).verify(text, headers as Record<string, string>)),
  )
  const entities = messages.slice(0, -1)
  expect(entities.map(({ type, subject }) => `${type} ${subject}`).toSorted()).toEqual(
    [
      `goal:synced ${goal.entity.id}`,
      `goal:synced ${deleted.entity.id}`,
      ...[task, assigned].map(({ entity }) => `task:synced ${entity.id}`),
    ].toSorted(),
  )
  expect(entities.find(({ subject }) => subject === goal.entity.id)).toMatchObject({
    ...{ specversion: '1.0', source: '/test', aggregatetype: 'goal', aggregateversion: 1 },
    ...{ time: goal.entity.updatedAt, data: { runId, after: goal.entity } },
  })
  expect(entities.find(({ subject }) => subject === deleted.entity.id)?.data.after.deletedAt).not.toBeNull()
  expect(new Set(entities.map(({ id }) => id)).size).toBe(4)
  expect(messages.at(-1)).toMatchObject({
    ...{ type: 'sync:completed', subject: runId, aggregatetype: 'sync_run' },
    data: { after: { id: runId, webhookId: webhook.id, goals: 2, tasks: 2, skipped: 0, failed: 0 } },
  })
})

test('a run goes on with the same ids when the process that had it dies', async ({ installation, user }) => {
  const { pool, producer, prefix } = installation
  await user.write(25)
  const webhook = await user.startWebhook((response, nth) => (nth <= 12 ? accept(response, nth) : undefined))
  const runId = await startRun(pool, webhook)
  user.work()
  await until(() => webhook.received.length > 12)
  // The process keeps its lease and its job, as one that was killed.
  await pool.query(`update sync_runs set turn = turn + 1, leased_until = now()`)
  await producer.unlink(await producer.keys(`{${prefix}:sync}*`))
  await makeDue(pool)
  const second = await startReceiver(accept)
  await pool.query('update webhooks set url = $1', [second.url])
  user.work()
  expect(await user.untilOver(runId)).toMatchObject({ state: 'completed', goals: 25 })
  const subjectsById = new Map(
    [...webhook.received, ...second.received].map(({ body }) => [body.id, `${body.type} ${body.subject}`]),
  )
  expect(new Set(subjectsById.values()).size).toBe(subjectsById.size)
  expect(subjectsById.size).toBe(26)
})

test('a goal that is refused again and again counts as failed, and the others are sent', async ({
  installation,
  user,
}) => {
  const { pool } = installation
  const goals = await user.write(12)
  const refused = goals[5]?.entity.id
  const webhook = await user.startWebhook((response, nth) =>
    webhook.received[nth - 1]?.body.subject === refused ? refuse(response) : accept(response, nth),
  )
  const runId = await startRun(pool, webhook)
  user.work()
  expect(await user.untilOver(runId)).toMatchObject({ state: 'completed', goals: 11, failures: 1 })
  expect(webhook.received.filter(({ body }) => body.subject === refused)).toHaveLength(5)
  const { rows } = await pool.query('select entity_id, attempts, due_at, error from sync_run_failures')
  expect(rows).toEqual([{ entity_id: refused, attempts: 5, due_at: null, error: 'the receiver answered 422' }])
  expect(webhook.received.at(-1)?.body).toMatchObject({ type: 'sync:completed', data: { after: { failed: 1 } } })
})

test('goals that are refused again and again do not suspend the webhook', async ({ installation, user }) => {
  const { pool } = installation
  const [one, other] = await user.write(12)
  const refused = new Set([one?.entity.id, other?.entity.id])
  const webhook = await user.startWebhook((response, nth) =>
    refused.has(webhook.received[nth - 1]?.body.subject as string) ? refuse(response) : accept(response, nth),
  )
  const runId = await startRun(pool, webhook)
  user.work()
  expect(await user.untilOver(runId)).toMatchObject({ state: 'completed', goals: 10, failures: 2 })
  expect((await loadWebhook(pool, webhook.id))?.health).toBe('healthy')
})

test('a run waits while its webhook is suspended, and goes on after a probe', async ({ installation, user }) => {
  const { pool } = installation
  await user.write(15)
  let isDown = true
  const webhook = await user.startWebhook((response, nth) => (isDown ? refuse(response, 503) : accept(response, nth)))
  const runId = await startRun(pool, webhook)
  user.work({ limits: { ...healthLimits, probeWaitsMs: [20] } })
  await until(async () => (await loadWebhook(pool, webhook.id))?.health === 'suspended')
  await until(() => webhook.received.length > 12)
  expect(await loadRun(pool, runId)).toMatchObject({ state: 'running', goals: 0, failures: 0 })
  isDown = false
  expect(await user.untilOver(runId)).toMatchObject({ state: 'completed', goals: 15, failures: 0 })
})

test('a receiver that asks for time gets the goal again later, as no failure', async ({ installation, user }) => {
  const { pool } = installation
  await user.write(3)
  const webhook = await user.startWebhook((response, nth) =>
    nth === 2 ? response.writeHead(429, { 'retry-after': '1' }).end() : accept(response, nth),
  )
  const runId = await startRun(pool, webhook)
  user.work()
  expect(await user.untilOver(runId)).toMatchObject({ state: 'completed', goals: 3, failures: 0 })
  expect(webhook.received).toHaveLength(5)
})

test('a filter leaves out the goals that it does not match', async ({ installation, user }) => {
  const { pool } = installation
  await user.write(3)
  const webhook = await user.startWebhook(accept, 'after.title == "goal 1" and before == null')
  const runId = await startRun(pool, webhook)
  user.work()
  expect(await user.untilOver(runId)).toMatchObject({ state: 'completed', total: 3, goals: 1, skipped: 2 })
  expect(webhook.received.map(({ body }) => body.type)).toEqual(['goal:synced', 'sync:completed'])
})

test('a run fails when its webhook is deleted or disabled, or when its receiver is gone', async ({
  installation,
  user,
}) => {
  const { pool } = installation
  await user.write(1)
  const webhooks = [
    await user.startWebhook(),
    await user.startWebhook(),
    await user.startWebhook((r) => refuse(r, 410)),
  ]
  const runIds = []
  for (const webhook of webhooks) runIds.push(await startRun(pool, webhook))
  await pool.query('delete from webhooks where id = $1', [webhooks[0]?.id])
  await pool.query(
    `update webhooks set is_enabled = false, health = 'disabled', disabled_cause = 'owner', disabled_at = now()
     where id = $1`,
    [webhooks[1]?.id],
  )
  user.work()
  const ends = await Promise.all(runIds.map(user.untilOver))
  expect(ends.map(({ state, error }) => `${state}: ${error}`)).toEqual([
    'failed: the webhook was deleted',
    'failed: the webhook is disabled: owner',
    'failed: the webhook is disabled: gone',
  ])
  expect(webhooks.map(({ received }) => received.length)).toEqual([0, 0, 1])
  expect(await countRows(pool, 'dead_letters')).toBe(0)
})

test('a run fails when the receiver refuses too much', async ({ installation, user }) => {
  const { pool } = installation
  await user.write(8)
  const webhook = await user.startWebhook((response, nth) => (nth % 2 ? refuse(response) : accept(response, nth)))
  const runId = await startRun(pool, webhook)
  user.work({ runLimits: { ...quickRuns, maxFailures: 3 } })
  expect(await user.untilOver(runId)).toMatchObject({
    ...{ state: 'failed', error: 'the receiver refused more than 3 goals and tasks' },
  })
})

test('a cancelled run sends no more', async ({ installation, user }) => {
  const { pool } = installation
  await user.write(30)
  const held: ServerResponse[] = []
  const webhook = await user.startWebhook((response) => void held.push(response))
  const runId = await startRun(pool, webhook)
  user.work()
  await until(() => held.length === 10)
  await endSyncRun(pool, { id: runId, state: 'cancelled', error: null })
  for (const response of held) accept(response, 0)
  expect(await user.untilOver(runId)).toMatchObject({ state: 'cancelled', goals: 0 })
  await startRun(pool, webhook)
  await until(() => held.length === 20)
  expect(webhook.received.slice(10).every(({ body }) => Object(body.data).runId !== runId)).toBe(true)
  for (const response of held.slice(10)) accept(response, 0)
})

test('events beside a run are sent too', async ({ installation, write, user }) => {
  const { pool, dispatcher } = installation
  await user.write(5)
  const webhook = await user.startWebhook()
  const created = await write.goal(user.ownerId)
  const runId = await startRun(pool, webhook)
  await makeDue(pool)
  user.work()
  dispatcher.dispatch(created.events)
  expect(await user.untilOver(runId)).toMatchObject({ state: 'completed', goals: 6 })
  expect(
    webhook.received.filter(({ body }) => body.subject === created.entity.id).map(({ body }) => body.type),
  ).toEqual(expect.arrayContaining(['goal:created', 'goal:synced']))
})

test('a run goes on when the requests with events hang', async ({ installation, write, user }) => {
  const { pool, dispatcher } = installation
  const goals = await user.write(3)
  const held: ServerResponse[] = []
  const webhook = await user.startWebhook((response, nth) => {
    if (webhook.received[nth - 1]?.body.type === 'goal:synced') accept(response, nth)
    else held.push(response)
  })
  user.work({ timeoutMs: 3_600_000 })
  for (let i = 0; i < 3; i++) {
    dispatcher.dispatch((await write.goal(user.ownerId)).events)
    await dispatcher.flush()
  }
  await until(() => held.length === 2)
  const runId = await startRun(pool, webhook)
  await until(async () => (await loadRun(pool, runId)).state === 'completed')
  expect(await loadRun(pool, runId)).toMatchObject({ goals: goals.length + 3, failures: 0 })
  // The third event waits for one of the two slots of events.
  expect(held).toHaveLength(2)
  for (const response of held) accept(response, 0)
})
