import { once } from 'node:events'
import { connect } from 'node:net'
import { until } from '@goals-tasks/devstack/testing'
import { linkPaths } from '@goals-tasks/mail/links'
import { expect, onTestFinished } from 'vitest'
import { readMetric, startBeside } from '../support/beside.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'

const anHour = 3_600_000
/** The first turn of a user ends with a pause without an end while other users are active. */
const endless = { share: 1e-9, burstMs: 0, maxPauseMs: anHour, maxWaitMs: anHour, otherUsersMs: anHour }

const largeGoal = { title: 'Large', description: 'x'.repeat(17_000) }
const invalidGoal = { title: 'Invalid', tags: Array.from({ length: 6_000 }, (_, i) => `tag ${i}`) }

/** Starts a second API with such a pause. */
const startSlow = (api: TestApp, maxWaitMs: number) => startBeside(api, { bodyTurnLimits: { ...endless, maxWaitMs } })

const waitingIn = (api: Pick<TestApp, 'registry'>) => readMetric(api, 'gt_http_large_bodies_waiting')

test('a large body waits for the pause after another one of its user, and other requests do not', async ({
  api,
  ada,
  bob,
}) => {
  const slow = await startSlow(api, anHour)
  const [slowAda, slowBob] = [await slow.as(ada.id), await slow.as(bob.id)]
  expect((await slowBob.post('/v1/goals', { title: 'Small' })).status).toBe(201)
  expect((await slowAda.post('/v1/goals', invalidGoal)).status).toBe(422)
  const waiting = slowAda.post('/v1/goals', largeGoal)
  await until(async () => (await waitingIn(slow)) === 1)
  expect((await slowAda.post('/v1/goals', { title: 'Small' })).status).toBe(201)
  expect((await slowBob.post('/v1/goals', largeGoal)).status).toBe(201)
  expect(await waitingIn(slow)).toBe(1)
  const closed = slow.close()
  expect((await waiting).status).toBe(201)
  await closed
})

test('a large body gets 429 with Retry-After and changes nothing when its turn does not come in time', async ({
  api,
  ada,
  bob,
}) => {
  const impatient = await startSlow(api, 1)
  const [sameAda, sameBob] = [await impatient.as(ada.id), await impatient.as(bob.id)]
  expect((await sameBob.get('/v1/goals?limit=1')).status).toBe(200)
  expect((await sameAda.post('/v1/goals', invalidGoal)).status).toBe(422)
  expect(await sameAda.post('/v1/goals', { ...largeGoal, title: 'Too early' })).toMatchObject({
    ...{ status: 429, headers: { 'retry-after': '1' } },
    body: { code: 'rate-limited', policy: 'large-bodies' },
  })
  const titles = (await ada.get('/v1/goals?limit=50')).body.data?.map(({ title }) => title)
  expect(titles).not.toContain('Too early')
})

/** Sends the head of a request without its body. @returns the response, once the API has closed the connection */
async function sendHead(api: TestApp, path: string, bytes: number): Promise<string> {
  const socket = connect(Number(new URL(await api.listen()).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let received = ''
  socket.on('data', (chunk) => {
    received += String(chunk)
  })
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`)
  await once(socket, 'close')
  return received
}

test('the body of a request without a user is not read', async ({ api }) => {
  expect(await sendHead(api, '/v1/goals', 1_000_000)).toMatch(/^HTTP\/1.1 401 /)
  expect(await sendHead(api, '/v1/unknown', 1_000_000)).toMatch(/^HTTP\/1.1 404 /)
  expect(await sendHead(api, `${linkPaths.unsubscribe}?token=x`, 5_000)).toMatch(/^HTTP\/1.1 413 /)
})
