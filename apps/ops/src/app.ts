import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import {
  collectMethods,
  createServer,
  registerMethodNotAllowed,
  registerProblemPages,
  type Verifier,
} from '@goals-tasks/http'
import type { Registry } from '@goals-tasks/observability'
import type { CacheSource, OpsQueues } from '@goals-tasks/operations'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import type { Logger } from 'pino'
import { boardPath, boardRoutes } from './board/routes.ts'
import { consumerRoutes } from './consumers/routes.ts'
import { deadLetterRoutes } from './dead-letters/routes.ts'
import { integrityRoutes } from './integrity/routes.ts'
import { registerJsonPages } from './json-page.ts'
import { registerAccess } from './login/access.ts'
import { loginRoutes } from './login/routes.ts'
import type { Sessions } from './login/session.ts'
import { styleSource } from './page.ts'
import { pageHeaders } from './page-headers.ts'
import type { ScalingLook } from './scaling/look.ts'
import { scalingRoutes } from './scaling/routes.ts'
import { statusRoutes } from './status/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'

export type OpsOptions = {
  pool: pg.Pool
  queues: OpsQueues
  /** The cache, for the check of the integrity. Null when it is not to be compared. */
  cache: CacheSource | null
  lookAtScaling: ScalingLook
  log: Logger
  registry: Registry
  verify: Verifier
  sessions: Sessions
  production: boolean
  /** Default: no limit. */
  shutdownTimeoutMs?: number
  /** Returns whether the log has a line about an outage of Postgres or Redis. Default: never. */
  isOutageLogged?: () => boolean
  /** The networks of the proxies in front of `ops`. Their X-Forwarded-* headers count. */
  trustProxy: readonly string[]
}

/** Builds the app of `ops`: login, Bull Board, dead letters, pauses and status. The caller closes it. */
export async function buildOps(options: OpsOptions) {
  const { pool, queues, cache, lookAtScaling, verify, sessions, production } = options
  const server = await createServer({ ...options, bodyLimitBytes: 64 * 1024, handlerTimeoutMs: 10_000 })
  const app = server.withTypeProvider<TypeBoxTypeProvider>()
  await app.register(cookie)
  registerAccess(app, { verify, sessions })
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))

  await app.register(boardRoutes(queues))
  await app.register(async (own) => {
    registerMethodNotAllowed(app, collectMethods(own))
    registerProblemPages(own)
    await own.register(loginRoutes({ verify, sessions, production }))
    await own.register(jsonRoutes({ pool, queues, cache, lookAtScaling }))
  })
  return app
}

type JsonDeps = Pick<OpsOptions, 'pool' | 'queues' | 'cache' | 'lookAtScaling'>

/** The routes that send JSON, which a browser gets as a page. */
const jsonRoutes = (deps: JsonDeps) => async (app: FastifyInstance) => {
  await app.register(helmet, pageHeaders({ styleSrc: [styleSource], imgSrc: ['data:'] }))
  registerJsonPages(app)
  app.get('/ops', (_request, reply) => reply.redirect(boardPath))
  // A browser sends the session cookie only below /ops, so Bull Board decides who may see it.
  app.get('/', { config: { public: true } }, (_request, reply) => reply.redirect(boardPath))
  await app.register(deadLetterRoutes(deps))
  await app.register(consumerRoutes(deps))
  await app.register(webhookRoutes(deps))
  await app.register(integrityRoutes(deps))
  await app.register(statusRoutes(deps))
  await app.register(scalingRoutes(deps))
}
