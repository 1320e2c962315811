import { digestTables } from '@goals-tasks/db/testing'
import { describe, expect } from 'vitest'
import { invalidHeaders, invalidIdsInUrls } from '../../src/resource/invalid-examples.ts'
import { type Operation, operations } from '../support/described-app.ts'
import { invalidBodies } from '../support/invalid-bodies.ts'
import { invalidFields, invalidParameters } from '../support/invalid-values.ts'
import { insertNotification } from '../support/notifications.ts'
import { test as base } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'
import { insertMessage, insertSyncRun, insertWebhook } from '../support/webhooks.ts'

/**
 * An API, a token with the scope `admin`, its user, and the ids of a goal, a task, a blocker, an API key,
 * a notification, a webhook and a sync run of that user.
 */
type Target = { api: TestApp; token: string; ids: Record<string, string> }

const test = base.extend('target', { scope: 'file' }, async ({ api, ada }): Promise<Target> => {
  const { id: goalId } = await ada.createGoal()
  const [task, blocker] = await Promise.all([ada.createTask(goalId), ada.createTask(goalId)])
  const notificationId = await insertNotification(api.pool, ada.id)
  const { body } = await ada.post('/v1/api-keys', { name: 'x', scopes: ['goals:read'] })
  const webhookId = await insertWebhook(api.pool, ada.id)
  const eventId = await insertMessage(api.pool, webhookId, goalId)
  const ids = {
    userId: ada.id,
    goalId,
    taskId: task.id,
    blockerId: blocker.id,
    keyId: String(body.id),
    notificationId,
    webhookId,
    eventId,
    runId: await insertSyncRun(api.pool, ada.id, webhookId),
  }
  return { api, token: await signToken(ada.id, 'admin'), ids }
})

// A refused request writes nothing.
test.aroundEach(async (runTest, { target: { api } }) => {
  const before = await digestTables(api.pool)
  await runTest()
  expect(await digestTables(api.pool)).toEqual(before)
})

/** Returns the path of an operation with the ids of the target, or with others that are given. */
const pathOf = ({ path }: Operation, { ids }: Target, given: Record<string, string> = {}) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => given[name] ?? ids[name] ?? '')

type Request = { url?: string; headers?: Record<string, string>; payload?: object | string | Buffer }
/** A request that must be refused with one of these statuses. `what` names it in a failure. */
type InvalidRequest = Request & { what: string; statuses: readonly number[] }

const send = (operation: Operation, target: Target, { url, headers = {}, payload }: Request) =>
  target.api.app.inject({
    method: operation.method,
    url: url ?? pathOf(operation, target),
    headers: {
      authorization: `Bearer ${target.token}`,
      ...(operation.method === 'PATCH' ? { 'if-match': '*' } : {}),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  })

async function expectRefusal(operation: Operation, target: Target, { what, statuses, ...request }: InvalidRequest) {
  const answer = await send(operation, target, request)
  expect(statuses, `${what}: ${answer.statusCode} ${answer.body.slice(0, 300)}`).toContain(answer.statusCode)
  expect(answer.headers['content-type'], what).toMatch(/^application\/problem\+json/)
  expect(answer.json(), what).toMatchObject({ status: answer.statusCode, traceId: answer.headers['x-request-id'] })
  expect(answer.body, what).not.toMatch(/node_modules|\bat .*\.ts:|select |insert |postgres/i)
}

/** Returns valid values of the fields that an operation requires. */
function requiredBy({ method, fields }: Operation): object {
  if (method === 'PUT' && fields.includes('preferences')) return { preferences: [] }
  if (method === 'PUT' && fields.includes('email')) return { email: 'ada@example.com' }
  if (fields.includes('digest')) return { digest: 'off' }
  if (method !== 'POST') return {}
  if (fields.includes('filter')) return { url: 'https://hooks.example/' }
  if (fields.includes('scopes')) return { name: 'x', scopes: ['goals:read'] }
  if (fields.includes('webhookId')) return { webhookId: '5d2f8a6b-7c13-4e9a-b0d4-1f6e3c8a9b72' }
  return fields.includes('title') ? { title: 'x' } : {}
}

/** Returns a value as text that is short enough for a message. */
const inShort = (value: unknown) => (JSON.stringify(value) ?? String(value)).slice(0, 60)

describe.each(operations.map((operation) => [operation.name, operation] as const))('%s', (_name, operation) => {
  const required = requiredBy(operation)

  if (operation.fields.length > 0)
    test('refuses every invalid value of every field', async ({ target }) => {
      for (const field of operation.fields) {
        const statuses = field === 'goalId' ? [404, 422] : [422]
        const beside = field === 'dueZone' ? { dueAt: '2027-01-01T10:00:00Z' } : {}
        for (const value of invalidFields[field] ?? expect.fail(`there are no invalid values for ${field}`)) {
          const payload = JSON.stringify({ ...required, ...beside, [field]: value })
          await expectRefusal(operation, target, { payload, what: `${field}: ${inShort(value)}`, statuses })
        }
      }
    })

  if (operation.method !== 'GET')
    test('refuses every invalid body', async ({ target }) => {
      for (const [what, invalid] of Object.entries(invalidBodies)) {
        const { body, status, type = 'application/json', encoding, shape } = invalid
        if (shape && operation.method === 'DELETE') continue
        const headers = { 'content-type': type, ...(encoding ? { 'content-encoding': encoding } : {}) }
        await expectRefusal(operation, target, { payload: body, headers, what, statuses: [status] })
      }
    })

  test('refuses every invalid header that it reads', async ({ target }) => {
    for (const name of operation.headers.filter((header) => header in invalidHeaders)) {
      for (const value of invalidHeaders[name] ?? []) {
        const request = { payload: required, headers: { [name]: value } }
        await expectRefusal(operation, target, { ...request, what: `${name}: ${inShort(value)}`, statuses: [400] })
      }
    }
    // An unknown preference is ignored, and so is a tag that the service never issued. A stream answers an unknown id.
    const lenient = ['prefer', 'if-none-match', 'last-event-id']
    expect(operation.headers.filter((header) => !(header in invalidHeaders) && !lenient.includes(header))).toEqual([])
  })

  test('refuses every invalid id in its address', async ({ target }) => {
    for (const name of operation.ids) {
      for (const id of invalidIdsInUrls) {
        const request = { url: pathOf(operation, target, { [name]: id }), payload: required }
        await expectRefusal(operation, target, {
          ...request,
          what: `${name}: ${inShort(id)}`,
          statuses: [400, 404, 414],
        })
      }
    }
  })

  test('refuses every invalid, repeated or unknown query parameter', async ({ target }) => {
    const unknown = ['colour=red', '__proto__=1', 'constructor=1', 'toString=1', '=1', '%00=1', '%ED%A0%80=1', 'x[]=1']
    const invalid = operation.parameters.flatMap((name) => {
      const values = invalidParameters[name] ?? expect.fail(`there are no invalid values for ${name}`)
      return [`${name}=1&${name}=1`, `${name}[]=1`, `${name}[a]=1`, ...values.map((value) => `${name}=${value}`)]
    })
    for (const query of [...unknown, ...invalid]) {
      const request = { url: `${pathOf(operation, target)}?${query}`, payload: required }
      await expectRefusal(operation, target, { ...request, what: query.slice(0, 80), statuses: [400] })
    }
  })
})
