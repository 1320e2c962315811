import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { exampleIds } from '@goals-tasks/events'
import { userScopes } from '@goals-tasks/http'
import { expect } from 'vitest'
import type { Client } from '../support/client.ts'
import { routes } from '../support/described-app.ts'
import { insertNotification } from '../support/notifications.ts'
import { test as base } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'
import { insertMessage, insertSyncRun, insertWebhook } from '../support/webhooks.ts'

const run = promisify(execFile)

type Sample = { lang: string; source: string }
type Operation = { operationId: string; 'x-codeSamples': Sample[] }
type Described = {
  operationId: string
  path: string
  samples: Sample[]
  access: { first: string | undefined; status: string }
}
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: {
    parameters: Record<string, { required: boolean; example?: unknown; examples?: Record<string, object> }>
  }
}

const test = base
  .extend('address', { scope: 'file' }, async ({ api }) =>
    (await api.app.listen({ host: '127.0.0.1', port: 0 })).replace(/\/$/, ''),
  )
  .extend('document', { scope: 'file' }, async ({ api }): Promise<Document> => {
    const response = await api.app.inject({ url: '/docs/openapi.json' })
    return response.json()
  })
  .extend('operations', { scope: 'file' }, ({ document }) =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId, 'x-codeSamples': samples }]): Described => ({
          ...{ operationId, path, samples },
          access: accessOf(method, path),
        }),
      ),
    ),
  )

/** Returns the access of the route of an operation. Its first status in the rule is the one that the owner gets. */
function accessOf(method: string, path: string) {
  const name = `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`
  const access = routes.find((route) => route.name === name)?.route.config?.access
  return { first: access?.first, status: access?.rule.live?.split(' ')[0] ?? '200' }
}

type Setting = { api: TestApp; ada: Client; address: string; operations: Described[] }

/** Creates the entities of the variables, and brings them to the state in which an operation is called. */
async function createVariables({ api, ada }: Setting, { operationId, access: { first }, path }: Described) {
  const goal = await ada.createGoal()
  const [task, blocker] = [await ada.createTask(goal.id), await ada.createTask(goal.id)]
  if (first === 'wait') await ada.addDependency(task.id, blocker.id)
  else if (first && operationId.endsWith('Task')) await ada.actOnTask(task.id, first)
  else if (first) await ada.actOnGoal(goal.id, first)
  return {
    ...{ GOAL: goal.id, TASK: task.id, BLOCKER: blocker.id, USER: ada.id },
    ...(path.includes('{keyId}') && { KEY: await createApiKey(ada) }),
    ...(path.includes('{notificationId}') && { NOTIFICATION: await insertNotification(api.pool, ada.id) }),
    ...(path.includes('{webhookId}') && (await createMessage(api, ada, goal.id))),
    ...(path.includes('{runId}') && { RUN: await createRun(api, ada) }),
  }
}

async function createMessage({ pool }: TestApp, ada: Client, goalId: string) {
  const WEBHOOK = await insertWebhook(pool, ada.id)
  return { WEBHOOK, EVENT: await insertMessage(pool, WEBHOOK, goalId) }
}

const createRun = async ({ pool }: TestApp, ada: Client) =>
  insertSyncRun(pool, ada.id, await insertWebhook(pool, ada.id))

const createApiKey = async (user: Client) =>
  String((await user.post('/v1/api-keys', { name: 'A key', scopes: ['goals:read'] })).body.id)

/** How the samples of a language are run, one after the other in one process. */
type Program = {
  lang: string
  command: string
  options: string[]
  set: (name: string, value: string) => string
  status: RegExp
}

const shell: Program = {
  ...{ lang: 'Shell', command: 'bash', options: ['-euc'] },
  set: (name, value) => `export ${name}='${value}'`,
  status: /HTTP\/1\.1 (\d{3}) /g,
}
const javascript: Program = {
  ...{ lang: 'JavaScript', command: process.execPath, options: ['--input-type=module', '-e'] },
  set: (name, value) => `process.env.${name} = '${value}'`,
  status: /^(\d{3}) /gm,
}

const hasCurl = ['bash', 'curl'].every((tool) => spawnSync(tool, ['--version']).status === 0)

test.skipIf(!hasCurl)('every sample for the shell runs as it is pasted', async ({ api, ada, address, operations }) => {
  await expectToRun(shell, { api, ada, address, operations })
})

test('every sample in JavaScript runs as it is pasted', async ({ api, ada, address, operations }) => {
  await expectToRun(javascript, { api, ada, address, operations })
})

async function expectToRun({ lang, command, options, set, status }: Program, setting: Setting) {
  const { api, ada, address, operations } = setting
  // A user may not have many webhooks, and each operation on one gets its own. One is named in an example.
  await api.pool.query('delete from webhooks')
  await api.pool.query('delete from sync_runs')
  await insertWebhook(api.pool, ada.id, exampleIds.webhook)
  const blocks = await Promise.all(
    operations.map(async (operation) => {
      const { operationId, samples } = operation
      const variables = await createVariables(setting, operation)
      const source = samples.find((sample) => sample.lang === lang)?.source ?? ''
      const named = [...source.matchAll(/\$\{?([A-Z_]+)/g)].map(([, name = '']) => name)
      const missing = named.filter((name) => !['API', 'TOKEN', ...Object.keys(variables)].includes(name))
      expect(missing, `createVariables lacks variables of ${operationId}`).toEqual([])
      return [...Object.entries(variables).map(([name, value]) => set(name, value)), '{', source, '}']
    }),
  )
  const env = { ...process.env, API: address, TOKEN: await signToken(ada.id, userScopes.join(' ')) }
  const { stdout } = await run(command, [...options, blocks.flat().join('\n')], { env })
  const statuses = [...stdout.matchAll(status)].map(([, text], i) => [operations[i]?.operationId, text])
  expect(statuses).toEqual(operations.map(({ operationId, access }) => [operationId, access.status]))
}

test('an optional parameter is off in the form of a request until the reader switches it on', ({ document }) => {
  const optional = Object.values(document.components.parameters).filter(({ required }) => !required)
  expect(optional.length).toBeGreaterThan(15)
  for (const { example, examples } of optional)
    expect([example, examples]).toEqual([undefined, { default: { value: expect.anything(), 'x-disabled': true } }])
})
