import { randomUUID } from 'node:crypto'
import { connectCache, createCache } from '@goals-tasks/cache'
import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, freshRedis } from '@goals-tasks/devstack/testing'
import { connectProducer, createDispatcher } from '@goals-tasks/events'
import { createVerifier, userScopes } from '@goals-tasks/http'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import type { InjectOptions } from 'fastify'
import { SignJWT } from 'jose'
import { buildApp } from '../../src/app.ts'
import { createDeps } from '../../src/deps.ts'

const secret = 'a-secret-for-tests-of-32-characters'
export const auth = {
  secret,
  jwksUrl: undefined,
  issuer: undefined,
  audience: undefined,
  scopeClaim: 'scope',
  defaultScope: undefined,
}

export const signToken = (sub: string, scope: string, expires: string | number = '1h') =>
  new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(secret))

/** The API on a key prefix and, unless it is to be a second process on another's, a database of its own; without a socket. */
export async function startTestApp(
  options: { corsOrigins?: string[]; database?: { url: string }; redis?: { url: string; prefix: string } } = {},
) {
  const log = createLogger('api', 'silent')
  const { url: databaseUrl } = options.database ?? (await freshDatabase())
  const database = createDatabase({ url: databaseUrl, poolSize: 8, name: 'test', onError: () => undefined })
  const { url, prefix } = options.redis ?? freshRedis()
  const redis = connectProducer(url, () => undefined)
  const dispatcher = createDispatcher({ connection: redis, prefix, log })
  const cacheRedis = connectCache(url, () => undefined)
  const registry = createRegistry()
  const cache = createCache({ redis: cacheRedis, prefix: `${prefix}-cache`, log, registry })
  const deps = createDeps({ pool: database.pool, cache, dispatcher, retentionDays: 30 })
  const app = await buildApp(deps, {
    log,
    registry,
    verify: createVerifier(auth),
    corsOrigins: options.corsOrigins ?? [],
    trustProxy: [],
  })

  return {
    app,
    deps,
    pool: database.pool,
    database: { url: databaseUrl },
    redis: { url, prefix },
    cache,
    /** A client with a token of this user's. */
    async as(id: string = randomUUID(), scope = userScopes.join(' ')) {
      const token = await signToken(id, scope)
      return createClient(id, (request) =>
        app.inject({ ...request, headers: { authorization: `Bearer ${token}`, ...request.headers } }),
      )
    },
    async close() {
      await app.close()
      await dispatcher.close()
      await cache.close()
      for (const connection of [redis, cacheRedis]) connection.disconnect()
      await database.close()
    },
  }
}

export type Client = ReturnType<typeof createClient>
type Send = (
  request: InjectOptions,
) => Promise<{ statusCode: number; headers: Record<string, unknown>; body: string; json(): unknown }>

function createClient(id: string, inject: Send) {
  const send = async (
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    url: string,
    payload?: object | string,
    headers: Record<string, string> = {},
  ) => {
    const body = payload === undefined ? {} : { payload, headers: { 'content-type': 'application/json', ...headers } }
    const response = await inject({ method, url, headers, ...body })
    const isJson = String(response.headers['content-type'] ?? '').includes('json')
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: (isJson ? response.json() : undefined) as Record<string, unknown> & { data?: Record<string, unknown>[] },
    }
  }
  return {
    id,
    get: (url: string, headers?: Record<string, string>) => send('GET', url, undefined, headers),
    post: (url: string, payload?: object | string, headers?: Record<string, string>) =>
      send('POST', url, payload, headers),
    patch: (url: string, payload: object | string, headers?: Record<string, string>) =>
      send('PATCH', url, payload, headers),
    put: (url: string, payload?: object, headers?: Record<string, string>) => send('PUT', url, payload, headers),
    delete: (url: string, headers?: Record<string, string>) => send('DELETE', url, undefined, headers),
    /** Creates a goal and gives it back. */
    goal: async (fields: object = {}) =>
      (await send('POST', '/v1/goals', { title: 'A goal', ...fields })).body as Record<string, unknown> & {
        id: string
      },
    task: async (goalId: string, fields: object = {}) =>
      (await send('POST', `/v1/goals/${goalId}/tasks`, { title: 'A task', ...fields })).body as Record<
        string,
        unknown
      > & { id: string },
  }
}
