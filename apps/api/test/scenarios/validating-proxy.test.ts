import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { freePort, freshDatabase, freshRedis, startProcess, until } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { type Entities, type FuzzRequest, requestOf } from '../contract/fuzz-requests.ts'
import { operations } from '../support/described-app.ts'
import { auth, signToken } from '../support/token.ts'
import { startValidatingProxy } from './proxy/validating-proxy.ts'

const requests = 5_000
const senders = 8
/** The failure names the seed. FUZZ_SEED repeats a run. */
const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31))

async function startApi(): Promise<string> {
  const [{ url: databaseUrl }, redis] = [await freshDatabase(), freshRedis()]
  const [port, probePort] = [String(await freePort()), String(await freePort())]
  startProcess('apps/api/src/main.ts', {
    ...{ DATABASE_URL: databaseUrl, REDIS_URL: redis.url, QUEUE_PREFIX: redis.prefix, CACHE_PREFIX: redis.prefix },
    SECRETS_KEY: randomBytes(32).toString('base64'),
    ...{ AUTH_JWT_SECRET: auth.secret, HOST: '127.0.0.1', PORT: port, PROBE_PORT: probePort, LOG_LEVEL: 'warn' },
  })
  await until(async () => (await fetch(`http://127.0.0.1:${probePort}/readyz`)).ok)
  return `http://127.0.0.1:${port}`
}

type Message = { method: string; path: string; headers?: Record<string, string>; body?: unknown }

/** Returns a function that sends a message with a token. */
const createSender =
  (url: string) =>
  async (token: string, { method, path, headers, body }: Message) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...headers,
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, text: await response.text() }
  }
type Send = ReturnType<typeof createSender>

/** Creates goals with tasks of two users. */
async function createEntities(send: Send, tokens: readonly string[]): Promise<Entities> {
  const entities: Entities = { goalId: [], taskId: [] }
  const create = async (token: string, path: string) => {
    const { text } = await send(token, { method: 'POST', path, body: { title: 'Something' } })
    return String((JSON.parse(text) as { id: string }).id)
  }
  for (const token of [0, 0, 0, 1, 1].map((place) => tokens[place] ?? '')) {
    const goal = await create(token, '/v1/goals')
    entities.goalId.push(goal)
    for (let i = 0; i < 3; i++) entities.taskId.push(await create(token, `/v1/goals/${goal}/tasks`))
  }
  return entities
}

function messageOf({ name, ids, query, headers, body }: FuzzRequest): Message {
  const [method = '', template = ''] = name.split(' ')
  const path = template.replace(/\{(\w+)\}/g, (_, id: string) => ids[id] ?? '')
  const search = Object.entries(query).map(([parameter, value]) => `${parameter}=${value}`)
  return { method, path: search.length > 0 ? `${path}?${search.join('&')}` : path, headers, body }
}

test(`a validating proxy sees no response outside the document in ${requests} requests (seed ${seed})`, async () => {
  const proxy = await startValidatingProxy(await startApi())
  onTestFinished(proxy.close)
  const [ada, bob] = [randomUUID(), randomUUID()]
  const scopes = userScopes.join(' ')
  const tokens = [await signToken(ada, scopes), await signToken(bob, scopes), await signToken(ada, 'admin')]
  const send = createSender(proxy.url)
  const entities = await createEntities(send, tokens)
  const generated = fc.sample(fc.oneof(...operations.map((each) => requestOf(each, entities))), {
    numRuns: requests,
    seed,
  })
  const succeeded = new Set<string>()
  const failed: string[] = []
  const sendAll = async () => {
    for (let next = generated.pop(); next; next = generated.pop()) {
      const { status } = await send(tokens[next.token] ?? '', messageOf(next))
      if (status < 300) succeeded.add(next.name)
      if (status >= 500) failed.push(`${next.name} ${status}`)
    }
  }
  await Promise.all(Array.from({ length: senders }, sendAll))
  expect(proxy.findings).toEqual([])
  expect(failed).toEqual([])
  expect(proxy.passed()).toBeGreaterThanOrEqual(requests)
  // Requests that the validation refuses prove nothing about the rest.
  expect(succeeded.size).toBeGreaterThan(operations.length / 2)
})
