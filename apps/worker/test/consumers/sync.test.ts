import { installationWebhookId } from '@goals-tasks/db'
import { until } from '@goals-tasks/devstack/testing'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import { recordSyncReceiver } from '../../src/record-sync-receiver.ts'
import type { Installation } from '../support/installation.ts'
import { startReceiver } from '../support/receiver.ts'
import { countRows, pendingDeliveries } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { quickPolicy, startWorker } from '../support/test-worker.ts'
import { loadAttempts, newSecret } from '../support/webhooks.ts'

const serve = ['sync'] as const
const policies = { sync: quickPolicy(3) }
const untilHandled = ({ pool }: Installation) => until(async () => (await pendingDeliveries(pool)).sync === undefined)

test('every event is posted as a CloudEvent under its own id', async ({ installation, write }) => {
  const { received, url } = await startReceiver((response) => response.writeHead(204).end())
  startWorker(installation, { serve, syncUrl: url })
  const goal = await write.goal()
  installation.dispatcher.dispatch(goal.events)
  await untilHandled(installation)
  const [event] = goal.events
  expect(received).toHaveLength(1)
  expect(received[0]?.headers).toMatchObject({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': event?.id,
    'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
  })
  expect(received[0]?.body).toMatchObject({
    specversion: '1.0',
    id: event?.id,
    source: '/test',
    type: 'goal:created',
    subject: goal.entity.id,
    aggregateversion: 1,
    data: { before: null, after: goal.entity, actorId: goal.entity.userId },
  })
})

test('a request is signed and recorded when the installation has a secret', async ({ installation, write }) => {
  const { pool, dispatcher, log } = installation
  const { received, url } = await startReceiver((response) => response.writeHead(204).end())
  await recordSyncReceiver(pool, url, log)
  const secret = newSecret()
  startWorker(installation, { serve, syncUrl: url, sync: { secrets: [secret] } })
  const goal = await write.goal()
  dispatcher.dispatch(goal.events)
  await untilHandled(installation)
  const [request] = received
  const headers = request?.headers as Record<string, string>
  expect(new Webhook(secret).verify(request?.text ?? '', headers)).toMatchObject({ id: goal.events[0]?.id })
  expect(await loadAttempts(pool, installationWebhookId)).toMatchObject([{ outcome: 'delivered', status: 204 }])
})

test('events are skipped without reading their bodies when there is no receiver', async ({ installation, write }) => {
  const { pool, lines, dispatcher } = installation
  startWorker(installation, { serve })
  const goal = await write.goal()
  await pool.query(`update events set after = '{}'`)
  dispatcher.dispatch(goal.events)
  await untilHandled(installation)
  expect(await countRows(pool, 'dead_letters')).toBe(0)
  await until(() => lines.find((line) => line.msg === 'nothing to do'))
  expect(lines.find((line) => line.msg === 'nothing to do')).toMatchObject({ consumer: 'sync', skipped: 1 })
})

test('an event is posted again under the same id until its receiver accepts it', async ({ installation, write }) => {
  const { received, url } = await startReceiver((response, nth) =>
    response.writeHead(nth < 3 ? 503 : 200).end('thanks'),
  )
  startWorker(installation, { serve, policies, syncUrl: url })
  installation.dispatcher.dispatch((await write.goal()).events)
  await untilHandled(installation)
  expect(received).toHaveLength(3)
  expect(new Set(received.map((each) => each.headers['webhook-id'])).size).toBe(1)
  expect(await countRows(installation.pool, 'dead_letters')).toBe(0)
})

test.for([
  ['a longer wait', 600_000, 600_000],
  ['a shorter wait', 1_000, 48_000],
] as const)(
  'a retry waits for the later of both when the receiver asks for %s than the backoff',
  async ([, askedMs, leastMs], { installation, write }) => {
    const { lines, dispatcher } = installation
    const { url } = await startReceiver((response) =>
      response.writeHead(503, { 'retry-after': String(askedMs / 1_000) }).end(),
    )
    startWorker(installation, {
      serve,
      policies: { sync: { ...quickPolicy(3), backoff: { scheduleMs: [60_000] } } },
      syncUrl: url,
    })
    dispatcher.dispatch((await write.goal()).events)
    const failed = await until(() => lines.find((line) => line.msg === 'attempt failed'))
    expect(failed?.retryInMs).toBeGreaterThanOrEqual(leastMs)
    expect(failed?.retryInMs).toBeLessThanOrEqual(Math.max(askedMs, 72_000))
  },
)

test('the other events of a job are done when the receiver refuses one', async ({ installation, write }) => {
  const goals = [await write.goal(), await write.goal(), await write.goal()]
  const refused = goals[1]?.events[0]?.id
  const { url } = await startReceiver((response) => {
    const id = response.req.headers['webhook-id']
    response.writeHead(id === refused ? 500 : 204).end()
  })
  startWorker(installation, { serve, policies, syncUrl: url })
  installation.dispatcher.dispatch(goals.flatMap((goal) => goal.events))
  await untilHandled(installation)
  const { rows } = await installation.pool.query('select event_id, attempts, error from dead_letters')
  expect(rows).toEqual([{ event_id: refused, attempts: 3, error: 'the receiver answered 500' }])
})

test('an event is posted once when the receiver is gone for good, and a redirect is a failure', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher } = installation
  const elsewhere = await startReceiver((response) => response.writeHead(204).end())
  const { received, url } = await startReceiver((response, nth) =>
    nth === 1 ? response.writeHead(410).end() : response.writeHead(302, { location: elsewhere.url }).end(),
  )
  startWorker(installation, { serve, policies: { sync: { ...quickPolicy(2), concurrency: 1 } }, syncUrl: url })
  dispatcher.dispatch((await write.goal()).events)
  await untilHandled(installation)
  dispatcher.dispatch((await write.goal()).events)
  await untilHandled(installation)
  const { rows } = await pool.query('select attempts, error from dead_letters order by id')
  expect(rows).toEqual([
    { attempts: 1, error: 'the receiver answered 410: it is gone for good' },
    { attempts: 2, error: 'the receiver answered 302' },
  ])
  expect(received).toHaveLength(3)
  expect(elsewhere.received).toEqual([])
})

test.for(['http://me:secret@127.0.0.1:1/', 'http://me:secret@:x/'])(
  'no log line and no dead letter shows the credentials when %s cannot be reached',
  async (syncUrl, { installation, write }) => {
    const { pool, lines, dispatcher } = installation
    startWorker(installation, { serve, policies: { sync: quickPolicy(1) }, syncUrl })
    dispatcher.dispatch((await write.goal()).events)
    await untilHandled(installation)
    const { rows } = await pool.query('select error from dead_letters')
    expect(rows).toEqual([{ error: expect.stringContaining('the receiver cannot be reached: ') }])
    await until(() => lines.find((line) => line.msg === 'moved to the dead letters'))
    expect(JSON.stringify([rows, lines])).not.toContain('secret')
  },
)
