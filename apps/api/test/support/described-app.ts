import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { buildApp } from '../../src/app.ts'
import type { Deps } from '../../src/deps.ts'
import { dereference } from './dereference.ts'

type Schema = { type?: string; readOnly?: boolean; properties?: Record<string, Schema> }
type Parameter = { in: string; name: string; schema: Schema }
type Response = { headers?: Record<string, unknown>; content?: Record<string, { schema: object }> }
type Described = {
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, Response>
}

/** An operation of the OpenAPI document: the names of its inputs, and its responses. */
export type Operation = {
  name: string
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  path: string
  ids: string[]
  parameters: string[]
  headers: string[]
  fields: string[]
  body: Schema | undefined
  responses: Record<string, Response>
}

type Route = { name: string; route: RouteOptions }

// The routes are only described here and never called, so they need no dependencies.
const [app, described] = await collectRoutes(() =>
  buildApp({} as Deps, {
    log: createLogger('api', 'silent'),
    registry: createRegistry(),
    verify: () => Promise.reject(new Error('not called')),
    corsOrigins: [],
    trustProxy: [],
  }),
)

/** Every route by `GET /v1/goals`, hidden ones too: one entry per method. */
export const routes = described

/** Every operation of the OpenAPI document. */
export const operations = await listOperations(app)

await app.close()

/** Collects the routes of each Fastify instance that is created while `start` runs. */
async function collectRoutes<T>(start: () => Promise<T>): Promise<[T, Route[]]> {
  const found: Route[] = []
  const watch = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', (route) => {
      for (const method of [route.method].flat()) found.push({ name: `${method} ${route.url}`, route })
    })
  }
  subscribe('fastify.initialization', watch)
  try {
    return [await start(), found]
  } finally {
    unsubscribe('fastify.initialization', watch)
  }
}

async function listOperations(app: FastifyInstance): Promise<Operation[]> {
  await app.ready()
  const { paths } = dereference<{ paths: Record<string, Record<string, Described>> }>(app.swagger())
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => {
      const names = (place: string) => parameters.filter((each) => each.in === place).map((each) => each.name)
      const body = Object.values(requestBody?.content ?? {})[0]?.schema
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase() as Operation['method'],
        path,
        ids: names('path'),
        parameters: names('query'),
        headers: names('header'),
        fields: Object.entries(body?.properties ?? {}).flatMap(([name, { readOnly }]) => (readOnly ? [] : [name])),
        body,
        responses,
      }
    }),
  )
}
