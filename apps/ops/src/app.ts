import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Verifier } from '@goals-tasks/http'
import {
  malformedRequests,
  registerHttp,
  registerHttpMetrics,
  registerJson,
  registerProblemPages,
  registerProblems,
  registerValidation,
} from '@goals-tasks/http'
import type { Registry } from '@goals-tasks/observability'
import type { OpsQueues } from '@goals-tasks/operations'
import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type pg from 'pg'
import type { Logger } from 'pino'
import { boardRoutes } from './board/routes.ts'
import { deadLetterRoutes } from './dead-letters/routes.ts'
import { registerAccess } from './login/access.ts'
import { loginRoutes } from './login/routes.ts'
import type { Sessions } from './login/session.ts'
import { pageHeaders } from './page-headers.ts'
import { statusRoutes } from './status/routes.ts'

export type OpsOptions = {
  pool: pg.Pool
  queues: OpsQueues
  log: Logger
  registry: Registry
  verify: Verifier
  sessions: Sessions
  production: boolean
}

/** The operators' process: login, board, dead letters and status. */
export async function buildOps({ pool, queues, log, registry, verify, sessions, production }: OpsOptions) {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'traceId' }),
    genReqId: () => randomUUID(),
    bodyLimit: 64 * 1024,
    requestTimeout: 15_000,
    connectionTimeout: 30_000,
    handlerTimeout: 10_000,
    ...malformedRequests,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
  }).withTypeProvider<TypeBoxTypeProvider>()
  registerProblems(app)
  registerJson(app)
  registerValidation(app)
  await app.register(cookie)
  await registerHttp(app, [])
  registerHttpMetrics(app, registry)
  registerAccess(app, { verify, sessions })
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
  registerProblemPages(app)

  await app.register(loginRoutes({ verify, sessions, production }))
  await app.register(boardRoutes(queues))
  await app.register(async (json) => {
    await json.register(helmet, pageHeaders({}))
    await json.register(deadLetterRoutes({ pool, queues }))
    await json.register(statusRoutes({ pool, queues }))
  })
  return app
}
