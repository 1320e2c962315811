import { randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Registry } from '@goals-tasks/observability'
import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Verifier } from '../plugins/auth.ts'
import { registerHttp } from '../plugins/http.ts'
import { registerJson } from '../plugins/json.ts'
import { malformedRequests } from '../plugins/malformed.ts'
import { registerHttpMetrics } from '../plugins/metrics.ts'
import { registerProblemPages } from '../plugins/problem-pages.ts'
import { registerProblems } from '../plugins/problems.ts'
import { registerValidation } from '../plugins/validation.ts'
import { registerAccess } from './access.ts'
import { boardRoutes } from './board.ts'
import { deadLetterRoutes } from './dead-letters.ts'
import { loginRoutes } from './login.ts'
import { pageHeaders } from './page-headers.ts'
import type { OpsQueues } from './queues.ts'
import type { Sessions } from './session.ts'
import { statusRoutes } from './status-routes.ts'

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
