import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setPause } from '@goals-tasks/db'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { startReceiver } from '../support/receiver.ts'
import { countRows } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { quickPolicy, startWorker } from '../support/test-worker.ts'
import { insertWebhook, loadAttempts, loadWebhook } from '../support/webhooks.ts'

const serve = ['sync'] as const
const limits = { suspendAfter: 3, probeWaitsMs: [300] as [number, ...number[]], disableAfterMs: 3_600_000 }
const left = (target: string) => `deliveries where target = '${target}'`

test('a webhook is suspended when it fails, gets one probe at a time, and then everything', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher } = installation
  const owner = randomUUID()
  let isDown = true
  const { received, url } = await startReceiver((response) => response.writeHead(isDown ? 503 : 200).end())
  const { id } = await insertWebhook(pool, { ownerId: owner, url })
  startWorker(installation, { serve, policies: { sync: quickPolicy(1_000) }, sync: { limits } })
  const goals = []
  for (let i = 0; i < 25; i++) goals.push(await write.goal(owner))
  dispatcher.dispatch(goals.flatMap(({ events }) => events))
  await until(async () => (await loadWebhook(pool, id)).failures >= limits.suspendAfter + 2)
  expect(await loadWebhook(pool, id)).toMatchObject({ health: 'suspended' })
  // The first group of requests, and the probes after it.
  const { failures } = await loadWebhook(pool, id)
  expect(received.length).toBeLessThanOrEqual(10 + failures)

  isDown = false
  await until(async () => (await countRows(pool, left(id))) === 0)
  expect(await loadWebhook(pool, id)).toMatchObject({ health: 'healthy', failures: 0 })
  const attempts = await loadAttempts(pool, id)
  const delivered = attempts.filter(({ outcome }) => outcome === 'delivered').map(({ eventId }) => eventId)
  expect(delivered.toSorted()).toEqual(goals.map(({ events }) => events[0]?.id).toSorted())
})

test('a paused webhook gets nothing until it is resumed, and the other one everything', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher, lines } = installation
  const owner = randomUUID()
  const answer = (response: ServerResponse) => response.writeHead(200).end()
  const [paused, other] = [await startReceiver(answer), await startReceiver(answer)]
  const { id } = await insertWebhook(pool, { ownerId: owner, url: paused.url })
  await insertWebhook(pool, { ownerId: owner, url: other.url })
  const change = { consumer: `sync/${id}`, actor: 'ada', reason: 'the receiver moves' } as const
  await setPause(pool, { ...change, isPaused: true })
  startWorker(installation, { serve, sync: { pausedLookMs: 50 } })
  const goals = [await write.goal(owner), await write.goal(owner)]
  dispatcher.dispatch(goals.flatMap(({ events }) => events))
  await until(() => other.received.length === 2)
  await until(() => lines.filter(({ msg }) => msg === 'snoozed').length > 1)
  expect(paused.received).toEqual([])
  await setPause(pool, { ...change, isPaused: false })
  await until(async () => (await countRows(pool, left(id))) === 0)
  expect(paused.received).toHaveLength(2)
  expect(await loadAttempts(pool, id)).toHaveLength(2)
})

test('an endpoint that hangs delays no other one', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  const [slowOwner, owner] = [randomUUID(), randomUUID()]
  const hanging = await startReceiver(() => undefined)
  const { url, received } = await startReceiver((response) => response.writeHead(200).end())
  const slow = await insertWebhook(pool, { ownerId: slowOwner, url: hanging.url })
  const quick = await insertWebhook(pool, { ownerId: owner, url })
  startWorker(installation, { serve, policies: { sync: { ...quickPolicy(100), concurrency: 6 } } })
  // One job per event of the endpoint that hangs, so that they would take every slot.
  for (let i = 0; i < 12; i++) {
    dispatcher.dispatch((await write.goal(slowOwner)).events)
    await dispatcher.flush()
  }
  await until(() => hanging.received.length >= 1)
  const goals = [await write.goal(owner), await write.goal(owner)]
  dispatcher.dispatch(goals.flatMap(({ events }) => events))
  await until(async () => (await countRows(pool, left(quick.id))) === 0)
  expect(received).toHaveLength(2)
  // Every request to the endpoint that hangs is still open.
  expect(await loadAttempts(pool, slow.id)).toEqual([])
  expect(hanging.received.length).toBeLessThanOrEqual(2)
})

test('the events that are left go back to the queue when the process stops', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  const owner = randomUUID()
  const gate = Promise.withResolvers<void>()
  const { received, url } = await startReceiver((response) => {
    gate.promise.then(() => response.writeHead(200).end())
  })
  const { id } = await insertWebhook(pool, { ownerId: owner, url })
  const { close } = startWorker(installation, { serve })
  const goals = []
  for (let i = 0; i < 15; i++) goals.push(await write.goal(owner))
  dispatcher.dispatch(goals.flatMap(({ events }) => events))
  await until(() => received.length === 10)
  const closing = close()
  gate.resolve()
  await closing
  expect(await countRows(pool, left(id))).toBe(5)
  startWorker(installation, { serve })
  await until(async () => (await countRows(pool, left(id))) === 0)
  expect(new Set(received.map(({ body }) => body.id)).size).toBe(15)
})
