import { randomInt } from 'node:crypto'
import { userScopes } from '@goals-tasks/http'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { type Operation, operations } from '../support/described-app.ts'
import { generalStatuses } from '../support/documented-responses.ts'
import { manyRounds } from '../support/limits.ts'
import { insertNotification } from '../support/notifications.ts'
import { test as base } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'
import { type Entities, type FuzzRequest, requestOf } from './fuzz-requests.ts'

const runs = 5_000
/** The failure names the seed. FUZZ_SEED repeats a run. */
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31))

const test = base
  // Goals and tasks of two users, some assigned to the other one, and one row of each other kind.
  .extend('entities', { scope: 'file' }, async ({ api, ada, bob }): Promise<Entities> => {
    const create = async (path: string, fields: object) => [String((await ada.post(path, fields)).body.id)]
    const webhookId = await create('/v1/webhooks', { url: 'https://hooks.example/in' })
    const entities: Entities = {
      goalId: [],
      taskId: [],
      keyId: await create('/v1/api-keys', { name: 'Import', scopes: ['goals:read'] }),
      webhookId,
      runId: await create('/v1/sync-runs', { webhookId: webhookId[0] }),
      notificationId: [await insertNotification(api.pool, ada.id)],
      userId: [ada.id, bob.id],
    }
    const pairs: [Client, Client][] = [0, 1, 2, 3, 4, 5].map((i) => (i < 4 ? [ada, bob] : [bob, ada]))
    for (const [owner, other] of pairs) {
      const goal = await owner.createGoal()
      const tasks = [{}, {}, { assignedTo: other.id }].map((fields) => owner.createTask(goal.id, fields))
      entities.goalId.push(goal.id)
      entities.taskId.push(...(await Promise.all(tasks)).map((task) => task.id))
    }
    return entities
  })
  .extend('tokens', { scope: 'file' }, ({ ada, bob }) =>
    Promise.all([
      signToken(ada.id, userScopes.join(' ')),
      signToken(bob.id, userScopes.join(' ')),
      signToken(ada.id, 'admin'),
    ]),
  )

type Answer = Awaited<ReturnType<typeof send>>

function operationOf({ name }: FuzzRequest): Operation {
  const operation = operations.find((each) => each.name === name)
  if (!operation) throw new Error(`there is no operation ${name}`)
  return operation
}

function send({ app }: TestApp, token: string | undefined, request: FuzzRequest) {
  const { ids, query, headers, body } = request
  const operation = operationOf(request)
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '')
  const search = Object.entries(query).map(([name, value]) => `${name}=${value}`)
  const [type, payload] =
    body === undefined ? [{}, {}] : [{ 'content-type': 'application/json' }, { payload: JSON.stringify(body) }]
  return app.inject({
    method: operation.method,
    url: search.length > 0 ? `${path}?${search.join('&')}` : path,
    headers: { ...headers, authorization: `Bearer ${token}`, ...type },
    ...payload,
  })
}

/** The documented schema of each response, compiled once. */
const validators = new Map<string, ReturnType<typeof Compile>>()
function validatorOf(operation: Operation, status: number, schema: object) {
  const name = `${operation.name} ${status}`
  const known = validators.get(name) ?? Compile(schema as TSchema)
  validators.set(name, known)
  return known
}

function expectDocumented(operation: Operation, answer: Answer) {
  const status = generalStatuses.includes(answer.statusCode) ? 'default' : String(answer.statusCode)
  const documented = operation.responses[status]
  expect(answer.statusCode, answer.body).toBeLessThan(500)
  expect(Object.keys(operation.responses), answer.body).toContain(status)
  const [type, content] = Object.entries(documented?.content ?? {})[0] ?? []
  if (type === undefined) {
    expect(answer.body).toBe('')
    return
  }
  expect(String(answer.headers['content-type']).split(';')[0]).toBe(type)
  const validator = validatorOf(operation, answer.statusCode, content?.schema ?? {})
  expect(validator.Errors(answer.json()), answer.body).toEqual([])
  for (const header of ['ETag', 'Location'].filter((name) => name in (documented?.headers ?? {})))
    expect(answer.headers[header.toLowerCase()], header).toBeTruthy()
}

test(
  `a response matches the OpenAPI document and is never a 5xx when the request is generated (seed ${seed})`,
  manyRounds,
  async ({ api, entities, tokens }) => {
    const succeeded = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.oneof(...operations.map((each) => requestOf(each, entities))), async (request) => {
        const answer = await send(api, tokens[request.token], request)
        expectDocumented(operationOf(request), answer)
        if (answer.statusCode < 300) succeeded.add(request.name)
      }),
      { seed, numRuns: runs },
    )
    // Requests that the validation refuses prove nothing about the rest.
    expect(succeeded.size).toBeGreaterThan(operations.length / 2)
  },
)
