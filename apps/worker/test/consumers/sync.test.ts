import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { countRows, createInstallation, createWriter, hasty, pendingDeliveries, startWorker } from '../harness.ts'

type Received = { headers: IncomingHttpHeaders; body: Record<string, unknown> }

/** Somebody's endpoint; `answer` says what it thinks of the nth request. */
async function receiver(answer: (response: ServerResponse, nth: number) => void) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push({ headers: request.headers, body: JSON.parse(body) })
    answer(response, received.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
}
const serve = ['sync'] as const
const policies = { sync: hasty(3) }
const settled = (on: Awaited<ReturnType<typeof createInstallation>>) =>
  until(async () => (await pendingDeliveries(on.pool)).sync === undefined)

test('every event is posted as a CloudEvent under its own id', async () => {
  const on = await createInstallation()
  const { received, url } = await receiver((response) => response.writeHead(204).end())
  startWorker(on, { serve, syncUrl: url })
  const goal = await createWriter(on.pool).goal()
  on.dispatcher.dispatch(goal.events)
  await settled(on)
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

test('without a receiver events are done with, and their bodies are not even read', async () => {
  const on = await createInstallation()
  startWorker(on, { serve })
  const goal = await createWriter(on.pool).goal()
  await on.pool.query(`update events set after = '{}'`)
  on.dispatcher.dispatch(goal.events)
  await settled(on)
  expect(await countRows(on.pool, 'dead_letters')).toBe(0)
  await until(() => on.lines.find((line) => line.msg === 'nothing to do'))
  expect(on.lines.find((line) => line.msg === 'nothing to do')).toMatchObject({ consumer: 'sync', skipped: 1 })
})

test('a receiver that fails is asked again with the same id, until it accepts', async () => {
  const on = await createInstallation()
  const { received, url } = await receiver((response, nth) => response.writeHead(nth < 3 ? 503 : 200).end('thanks'))
  startWorker(on, { serve, policies, syncUrl: url })
  on.dispatcher.dispatch((await createWriter(on.pool).goal()).events)
  await settled(on)
  expect(received).toHaveLength(3)
  expect(new Set(received.map((each) => each.headers['webhook-id'])).size).toBe(1)
  expect(await countRows(on.pool, 'dead_letters')).toBe(0)
})

test('one event that is refused does not hold up the others of its job', async () => {
  const on = await createInstallation()
  const write = createWriter(on.pool)
  const goals = [await write.goal(), await write.goal(), await write.goal()]
  const refused = goals[1]?.events[0]?.id
  const { url } = await receiver((response) => {
    const id = response.req.headers['webhook-id']
    response.writeHead(id === refused ? 500 : 204).end()
  })
  startWorker(on, { serve, policies, syncUrl: url })
  on.dispatcher.dispatch(goals.flatMap((goal) => goal.events))
  await settled(on)
  const { rows } = await on.pool.query('select event_id, attempts, error from dead_letters')
  expect(rows).toEqual([{ event_id: refused, attempts: 3, error: 'the receiver answered 500' }])
})

test('a receiver that is gone for good is asked once; a redirect is a refusal', async () => {
  const on = await createInstallation()
  const elsewhere = await receiver((response) => response.writeHead(204).end())
  const { received, url } = await receiver((response, nth) =>
    nth === 1 ? response.writeHead(410).end() : response.writeHead(302, { location: elsewhere.url }).end(),
  )
  startWorker(on, { serve, policies: { sync: { ...hasty(2), concurrency: 1 } }, syncUrl: url })
  const write = createWriter(on.pool)
  on.dispatcher.dispatch((await write.goal()).events)
  await settled(on)
  on.dispatcher.dispatch((await write.goal()).events)
  await settled(on)
  const { rows } = await on.pool.query('select attempts, error from dead_letters order by id')
  expect(rows).toEqual([
    { attempts: 1, error: 'the receiver answered 410: it is gone for good' },
    { attempts: 2, error: 'the receiver answered 302' },
  ])
  expect(received).toHaveLength(3)
  expect(elsewhere.received).toEqual([])
})

test.each(['http://me:secret@127.0.0.1:1/', 'http://me:secret@:x/'])(
  'a receiver at %s cannot be reached, and no credentials are told',
  async (syncUrl) => {
    const on = await createInstallation()
    startWorker(on, { serve, policies: { sync: hasty(1) }, syncUrl })
    on.dispatcher.dispatch((await createWriter(on.pool).goal()).events)
    await settled(on)
    const { rows } = await on.pool.query('select error from dead_letters')
    expect(rows).toEqual([{ error: expect.stringContaining('the receiver cannot be reached: ') }])
    await until(() => on.lines.find((line) => line.msg === 'given up'))
    expect(JSON.stringify([rows, on.lines])).not.toContain('secret')
  },
)
