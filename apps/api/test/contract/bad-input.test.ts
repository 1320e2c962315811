import { randomUUID } from 'node:crypto'
import { digestTables } from '@goals-tasks/db/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { badBodies, badFields, badHeaders, badIds, badParameters } from '../support/invalid-values.ts'
import { listOperations, type Operation } from '../support/operations.ts'
import { signToken, startTestApp } from '../support/test-app.ts'

const api = await startTestApp()
const operations = await listOperations(api.app)
afterAll(() => api.close())

const owner = randomUUID()
let token: string
let ids: Record<string, string>
beforeAll(async () => {
  token = await signToken(owner, 'admin')
  const client = await api.as(owner)
  const { id: goalId } = await client.goal()
  const [task, blocker] = await Promise.all([client.task(goalId), client.task(goalId)])
  ids = { goalId, taskId: task.id, blockerId: blocker.id }
})

// Nothing that is refused leaves a trace.
let before: Record<string, string>
beforeEach(async () => {
  before = await digestTables(api.pool)
})
afterEach(async () => {
  expect(await digestTables(api.pool)).toEqual(before)
})

const addressOf = ({ path }: Operation, given: Record<string, string> = {}) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => given[name] ?? ids[name] ?? '')

type Request = { url?: string; headers?: Record<string, string>; payload?: object | string | Buffer }

const send = (operation: Operation, { url = addressOf(operation), headers = {}, payload }: Request) =>
  api.app.inject({
    method: operation.method,
    url,
    headers: {
      authorization: `Bearer ${token}`,
      ...(operation.method === 'PATCH' ? { 'if-match': '*' } : {}),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  })

type Answer = Awaited<ReturnType<typeof send>>

function expectRefusal(answer: Answer, what: string, statuses: readonly number[]) {
  expect(statuses, `${what}: ${answer.statusCode} ${answer.body.slice(0, 300)}`).toContain(answer.statusCode)
  expect(answer.headers['content-type'], what).toMatch(/^application\/problem\+json/)
  expect(answer.json(), what).toMatchObject({ status: answer.statusCode, traceId: answer.headers['x-request-id'] })
  expect(answer.body, what).not.toMatch(/node_modules|\bat .*\.ts:|select |insert |postgres/i)
}

/** Short enough to be read in a failure. */
const shown = (value: unknown) => (JSON.stringify(value) ?? String(value)).slice(0, 60)

describe.each(operations.map((operation) => [operation.name, operation] as const))('%s', (_name, operation) => {
  const required = operation.method === 'POST' && operation.fields.includes('title') ? { title: 'x' } : {}

  if (operation.fields.length > 0)
    test('refuses every bad value of every field', async () => {
      for (const field of operation.fields) {
        for (const value of badFields[field] ?? expect.fail(`there are no bad values for ${field}`)) {
          const beside = field === 'dueZone' ? { dueAt: '2027-01-01T10:00:00Z' } : {}
          const payload = JSON.stringify({ ...required, ...beside, [field]: value })
          expectRefusal(
            await send(operation, { payload }),
            `${field}: ${shown(value)}`,
            field === 'goalId' ? [404, 422] : [422],
          )
        }
      }
    })

  if (operation.method !== 'GET')
    test('refuses every bad body', async () => {
      for (const [what, { body, status, type = 'application/json', encoding, shape }] of Object.entries(badBodies)) {
        if (shape && operation.method === 'DELETE') continue
        const headers = { 'content-type': type, ...(encoding ? { 'content-encoding': encoding } : {}) }
        expectRefusal(await send(operation, { payload: body, headers }), what, [status])
      }
    })

  test('refuses every bad header that it reads', async () => {
    for (const name of operation.headers.filter((header) => header in badHeaders)) {
      for (const value of badHeaders[name] ?? [])
        expectRefusal(
          await send(operation, { payload: required, headers: { [name]: value } }),
          `${name}: ${shown(value)}`,
          [400],
        )
    }
    expect(operation.headers.filter((header) => !(header in badHeaders))).toEqual(
      operation.headers.includes('prefer') ? ['prefer'] : [],
    )
  })

  test('refuses what is no id in its address', async () => {
    for (const name of operation.ids) {
      for (const id of badIds)
        expectRefusal(
          await send(operation, { url: addressOf(operation, { [name]: id }), payload: required }),
          `${name}: ${shown(id)}`,
          [400, 404, 414],
        )
    }
  })

  test('refuses every bad parameter, and one that comes twice or is not known', async () => {
    const unknown = ['colour=red', '__proto__=1', 'constructor=1', 'toString=1', '=1', '%00=1', '%ED%A0%80=1', 'x[]=1']
    const bad = operation.parameters.flatMap((name) => {
      const values = badParameters[name] ?? expect.fail(`there are no bad values for ${name}`)
      return [`${name}=1&${name}=1`, `${name}[]=1`, `${name}[a]=1`, ...values.map((value) => `${name}=${value}`)]
    })
    for (const query of [...unknown, ...bad])
      expectRefusal(
        await send(operation, { url: `${addressOf(operation)}?${query}`, payload: required }),
        query.slice(0, 80),
        [400],
      )
  })
})
