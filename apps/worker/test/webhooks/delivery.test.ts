import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import type { Installation } from '../support/installation.ts'
import { startReceiver } from '../support/receiver.ts'
import { countRows } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { startWorker } from '../support/test-worker.ts'
import { insertWebhook, loadAttempts, loadWebhook, newSecret } from '../support/webhooks.ts'

const serve = ['sync'] as const
const [owner, other] = [randomUUID(), randomUUID()]

const untilDelivered = ({ pool }: Installation) =>
  until(async () => (await countRows(pool, `deliveries where target <> ''`)) === 0)

const accept = () => startReceiver((response) => response.writeHead(200).end('thanks'))

test('a reader gets a signed event at each of their webhooks, and another user gets none', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher } = installation
  const [mine, theirs] = [await accept(), await accept()]
  const previousSecret = newSecret()
  const { id, secret } = await insertWebhook(pool, { ownerId: owner, url: mine.url, previousSecret })
  await insertWebhook(pool, { ownerId: other, url: theirs.url })
  startWorker(installation, { serve })
  const goal = await write.goal(owner)
  dispatcher.dispatch(goal.events)
  await untilDelivered(installation)

  expect(theirs.received).toEqual([])
  const [request] = mine.received
  expect(request?.headers).toMatchObject({ 'webhook-id': goal.events[0]?.id })
  for (const known of [secret, previousSecret])
    expect(new Webhook(known).verify(request?.text ?? '', request?.headers as Record<string, string>)).toMatchObject({
      id: goal.events[0]?.id,
      type: 'goal:created',
      data: { before: null, after: goal.entity },
    })
  expect(await loadAttempts(pool, id)).toEqual([
    {
      ...{ eventId: goal.events[0]?.id, eventType: 'goal:created', status: 200, error: null, response: 'thanks' },
      ...{ outcome: 'delivered', isReplay: false },
    },
  ])
})

test('an assignee gets the change as they may see it', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  const { received, url } = await accept()
  await insertWebhook(pool, { ownerId: other, url })
  startWorker(installation, { serve })
  const goal = await write.goal(owner)
  const { entity: task } = await write.task(goal.entity)
  const assigned = await write.changeTask(task, { assignedTo: other })
  const renamed = await write.changeTask(assigned.entity, { title: 'renamed' })
  const unassigned = await write.changeTask(renamed.entity, { assignedTo: null })
  const hidden = await write.changeTask(unassigned.entity, { title: 'hidden' })
  const all = [...goal.events, ...assigned.events, ...renamed.events, ...unassigned.events, ...hidden.events]
  dispatcher.dispatch(all)
  await untilDelivered(installation)

  const byVersion = new Map(received.map(({ body }) => [body.aggregateversion, body.data]))
  expect([...byVersion.keys()].toSorted()).toEqual([2, 3, 4])
  expect(byVersion.get(2)).toMatchObject({ before: null, changes: {}, after: assigned.entity })
  expect(byVersion.get(3)).toMatchObject({ before: assigned.entity, changes: { title: { to: 'renamed' } } })
  expect(byVersion.get(4)).toEqual({ removed: true })
})

test('a webhook gets only the events that its filter matches', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  const { received, url } = await accept()
  const { id } = await insertWebhook(pool, { ownerId: owner, url, filter: 'after.title == "wanted"' })
  startWorker(installation, { serve })
  const goals = [await write.goal(owner, 'other'), await write.goal(owner, 'wanted')]
  dispatcher.dispatch(goals.flatMap(({ events }) => events))
  await untilDelivered(installation)
  expect(received.map(({ body }) => body.id)).toEqual([goals[1]?.events[0]?.id])
  expect(await loadAttempts(pool, id)).toHaveLength(1)
})

test('an event is sent again and says so when its owner asks for it', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  const { received, url } = await accept()
  const { id } = await insertWebhook(pool, { ownerId: owner, url })
  startWorker(installation, { serve })
  const { events } = await write.goal(owner)
  dispatcher.dispatch(events)
  await untilDelivered(installation)
  // As the API does. The sweeper enqueues it.
  await pool.query(
    `insert into deliveries (consumer, event_id, target, due_at, is_replay) values ('sync', $1, $2, now(), true)`,
    [events[0]?.id, id],
  )
  await untilDelivered(installation)
  expect(received.map(({ headers }) => [headers['webhook-id'], headers['webhook-replay']])).toEqual([
    [events[0]?.id, undefined],
    [events[0]?.id, 'true'],
  ])
  expect(await loadAttempts(pool, id)).toMatchObject([{ isReplay: false }, { isReplay: true }])
})

test('no request is sent when the address of a webhook is not allowed', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  const { received, url } = await accept()
  const { id } = await insertWebhook(pool, { ownerId: owner, url })
  startWorker(installation, { serve, sync: { allowedNetworks: [] } })
  dispatcher.dispatch((await write.goal(owner)).events)
  await until(async () => (await loadAttempts(pool, id)).length > 0)
  expect(await loadAttempts(pool, id)).toMatchObject([
    { status: null, outcome: 'failed', error: expect.stringContaining('is not allowed') },
  ])
  expect(received).toEqual([])
})

test('a webhook is disabled when its receiver answers 410, and its other events become dead letters', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher, lines } = installation
  const { received, url } = await startReceiver((response) => response.writeHead(410).end())
  const { id } = await insertWebhook(pool, { ownerId: owner, url })
  startWorker(installation, { serve })
  const [first, second] = [await write.goal(owner), await write.goal(owner)]
  dispatcher.dispatch(first.events)
  await untilFor(installation, first.events[0]?.id)
  dispatcher.dispatch(second.events)
  await untilDelivered(installation)
  expect(received).toHaveLength(1)
  expect(await loadWebhook(pool, id)).toMatchObject({ health: 'disabled', cause: 'gone' })
  const { rows } = await pool.query('select event_id, target, error from dead_letters order by id')
  expect(rows).toEqual([
    { event_id: first.events[0]?.id, target: id, error: 'the receiver answered 410: it is gone for good' },
    { event_id: second.events[0]?.id, target: id, error: 'the webhook is disabled: gone' },
  ])
  expect(lines.find((line) => line.msg === 'the health of a webhook changed')).toMatchObject({
    ...{ webhookId: id, before: 'healthy', after: 'disabled' },
  })
  expect((await write.goal(owner)).events[0]?.targets).toBeNull()
})

const untilFor = ({ pool }: Installation, eventId: string | undefined) =>
  until(async () => (await countRows(pool, `dead_letters where event_id = '${eventId}'`)) === 1)

test('the events of a deleted webhook end', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  const { received, url } = await accept()
  await insertWebhook(pool, { ownerId: owner, url })
  const { events } = await write.goal(owner)
  await pool.query('delete from webhooks')
  startWorker(installation, { serve })
  dispatcher.dispatch(events)
  await untilDelivered(installation)
  expect(received).toEqual([])
  expect(await countRows(pool, 'dead_letters')).toBe(0)
})

test('an event fails when its webhook cannot be opened', async ({ installation, write }) => {
  const { pool, dispatcher, lines } = installation
  const { url } = await accept()
  await insertWebhook(pool, { ownerId: owner, url })
  startWorker(installation, { serve, sync: { secretsKeys: [Buffer.alloc(32, 8)] } })
  dispatcher.dispatch((await write.goal(owner)).events)
  const failed = await until(() => lines.find((line) => line.msg === 'attempt failed'))
  expect(failed).toMatchObject({ attempt: 1, err: { message: expect.stringContaining('SECRETS_KEY') } })
})
