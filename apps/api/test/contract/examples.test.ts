import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Client, Entity } from '../support/client.ts'
import { dereference } from '../support/dereference.ts'
import { insertNotification } from '../support/notifications.ts'
import { test as base } from '../support/test.ts'
import { insertMessage, insertSyncRun, insertWebhook } from '../support/webhooks.ts'

type Node = { [name: string]: unknown }
type Parameter = { name: string; in: string; example?: unknown; schema: { items?: { examples?: unknown[] } } }
type Operation = {
  operationId: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { example?: object }> }
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, { properties: Record<string, { examples?: unknown[] }> }> }
}

const test = base
  .extend('document', { scope: 'file' }, async ({ api }) =>
    dereference<Document>((await api.app.inject({ url: '/openapi.json' })).json()),
  )
  .extend('operations', { scope: 'file' }, ({ document }) =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, ...operation })),
    ),
  )
  /** Returns the example of each field of a model. */
  .extend('exampleOf', { scope: 'file' }, ({ document }) => (model: string): Node => {
    const properties = Object.entries(document.components.schemas[model]?.properties ?? {})
    return Object.fromEntries(properties.map(([name, { examples }]) => [name, examples?.[0]]))
  })
  /** Returns the example of the body of an operation. */
  .extend('bodyOf', { scope: 'file' }, ({ operations }) => (operationId: string): object => {
    const operation = operations.find((each) => each.operationId === operationId)
    const [content] = Object.values(operation?.requestBody?.content ?? {})
    return content?.example ?? expect.fail(`${operationId} has no example of its body`)
  })
  /** Creates the goal of the examples. */
  .extend('create', { scope: 'file' }, ({ bodyOf }) => async (client: Client): Promise<Entity> => {
    const { status, body } = await client.post('/v1/goals', bodyOf('createGoal'))
    expect(status).toBe(201)
    return body as Entity
  })

const changing = { createdAt: expect.any(String), updatedAt: expect.any(String) }

test('the example of a goal is the response to the example of a new goal', async ({ ada, create, exampleOf }) => {
  const ids = { id: expect.any(String), userId: ada.id }
  const view = 'full'
  expect(await create(ada)).toEqual({ ...exampleOf('Goal'), ...ids, ...changing, view })
})

test('the example of a task is the response to the example of a new task', async ({
  ada,
  create,
  exampleOf,
  bodyOf,
}) => {
  const goal = await create(ada)
  const { status, body } = await ada.post(`/v1/goals/${goal.id}/tasks`, bodyOf('createTask'))
  expect(status).toBe(201)
  const ids = { id: expect.any(String), goalId: goal.id, ownerId: ada.id, userId: ada.id }
  expect(body).toEqual({ ...exampleOf('Task'), ...ids, ...changing })
})

test('the example of a full goal is the response to its owner', async ({ ada, create, exampleOf }) => {
  const goal = await create(ada)
  const tasks = await Promise.all([1, 2, 3].map(() => ada.createTask(goal.id, { estimatedHours: 1 })))
  await ada.actOnTask(tasks[0]?.id ?? '', 'complete')
  const { body } = await ada.get(`/v1/goals/${goal.id}?include=progress,capabilities`)
  const { progress: _progress, capabilities: _capabilities, ...fields } = exampleOf('FullGoal')
  const computed = { progress: exampleOf('Progress'), capabilities: expect.objectContaining({}) }
  expect(body).toEqual({ ...fields, ...computed, id: goal.id, userId: ada.id, ...changing })
})

test('the example of a summary is the response to an assignee', async ({ ada, bob, create, exampleOf }) => {
  const goal = await create(ada)
  await ada.createTask(goal.id, { assignedTo: bob.id })
  const { body } = await bob.get(`/v1/goals/${goal.id}`)
  expect(body).toEqual({ ...exampleOf('GoalSummary'), id: goal.id })
})

test('the example of a patch is accepted', async ({ ada, create, bodyOf }) => {
  const goal = await create(ada)
  const task = await ada.createTask(goal.id)
  const [goalPatch, taskPatch] = [bodyOf('patchGoal'), bodyOf('patchTask')]
  expect(await ada.patchGoal(goal.id, goalPatch)).toMatchObject({ status: 200, body: { ...goalPatch, version: 2 } })
  expect(await ada.patchTask(task.id, taskPatch)).toMatchObject({ status: 200, body: { ...taskPatch, version: 2 } })
})

test('the example of the body of a verb is accepted', async ({ api, ada, create, operations, bodyOf }) => {
  const isVerb = /Id\}\/(?!tasks|contact)[a-z]+$/
  const verbs = operations.filter(({ path, requestBody }) => requestBody && isVerb.test(path))
  const notificationId = await insertNotification(api.pool, ada.id)
  const webhookId = await insertWebhook(api.pool, ada.id)
  const runId = await insertSyncRun(api.pool, ada.id, webhookId)
  for (const { operationId, path } of verbs) {
    const goal = await create(ada)
    const ids = {
      goalId: goal.id,
      taskId: (await ada.createTask(goal.id)).id,
      notificationId,
      webhookId,
      eventId: await insertMessage(api.pool, webhookId, goal.id),
      runId,
    }
    const url = path.replace(/\{(\w+)\}/g, (_, name: keyof typeof ids) => ids[name])
    expect([200, 202, 409], operationId).toContain((await ada.post(url, bodyOf(operationId))).status)
  }
  expect(verbs.length).toBeGreaterThan(12)
})

test('the examples of all query parameters of an operation are accepted together', async ({
  api,
  ada,
  create,
  operations,
}) => {
  const goal = await create(ada)
  const task = await ada.createTask(goal.id)
  const webhookId = await insertWebhook(api.pool, ada.id)
  const eventId = await insertMessage(api.pool, webhookId, goal.id)
  const exampleIn = ({ example, schema }: Parameter) => String(example ?? schema.items?.examples?.[0])
  const reads = operations.filter(({ parameters = [] }) => parameters.some((each) => each.in === 'query'))
  for (const { operationId, path, parameters = [] } of reads) {
    const query = parameters.filter((each) => each.in === 'query' && each.name !== 'cursor')
    const search = new URLSearchParams(Object.fromEntries(query.map((each) => [each.name, exampleIn(each)])))
    const ids = { goalId: goal.id, taskId: task.id, webhookId, eventId }
    const url = path.replace(/\{(\w+)\}/g, (_, name: keyof typeof ids) => ids[name])
    expect((await ada.get(`${url}?${search}`)).status, operationId).toBe(200)
  }
  expect(reads.length).toBeGreaterThan(6)
})

test('the example of an idempotency key is accepted', async ({ ada, operations }) => {
  const parameters = operations.flatMap((operation) => operation.parameters ?? [])
  const key = String(parameters.find(({ name }) => name === 'idempotency-key')?.example)
  const title = randomUUID()
  const create = () => ada.post('/v1/goals', { title }, { 'idempotency-key': key })
  expect([(await create()).status, (await create()).headers['idempotency-replayed']]).toEqual([201, 'true'])
})
