import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Registry } from '@goals-tasks/observability'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Logger } from 'pino'
import { type BodyTurnLimits, registerBodyTurns } from './body-turns.ts'
import { registerConnectionLimit } from './connection-limit.ts'
import { type CorsHeaders, createCorsHeaders, registerCors } from './cors.ts'
import { type EarlyRefusal, registerEarlyRefusal } from './early-refusal.ts'
import { registerProblems } from './error-handler.ts'
import type { NameHints } from './field-errors.ts'
import { registerHeaders } from './headers.ts'
import { registerJson } from './json.ts'
import { malformedRequests } from './malformed.ts'
import { createHttpMetrics, registerHttpMetrics } from './metrics.ts'
import { registerRequestChecks } from './request-checks.ts'
import { registerRequestLog } from './request-log.ts'
import { registerShutdown } from './shutdown.ts'
import { beginTrace, registerTraces } from './tracing.ts'
import { registerUnreadBodies } from './unread-bodies.ts'
import { registerValidation } from './validation.ts'

/**
 * `headersMs` limits the headers, `requestMs` the whole request with its body. Both begin with the connection or with
 * the first byte. Node looks for late requests every `checkEveryMs`. `headersMs` must be below `requestMs`: Node uses
 * the smaller of the two for the headers and the larger for the request.
 */
export type ArrivalLimits = { headersMs: number; requestMs: number; checkEveryMs: number }

const defaultArrivalLimits: ArrivalLimits = { headersMs: 10_000, requestMs: 15_000, checkEveryMs: 1_000 }

export type ServerOptions = {
  log: Logger
  /** The registry that gets the HTTP metrics. */
  registry: Registry
  /** The limit of open connections. Default: none. */
  maxConnections?: number | undefined
  /** Paths that take WebSocket connections. Elsewhere an offer of an upgrade has no effect. Default: none. */
  socketPaths?: readonly string[]
  /** Size of the largest accepted body. A larger one gets 413. */
  bodyLimitBytes: number
  /** Returns the id of a request: `X-Request-Id`, `traceId` in the log and in problems. Default: a random UUID. */
  requestIdOf?: (request: IncomingMessage) => string
  /** Refuses requests before their route, token and body are looked at. Default: none. */
  refuseEarly?: EarlyRefusal | undefined
  /** Limits of the time in which a request must arrive. Default: `defaultArrivalLimits`. */
  arrivalLimits?: ArrivalLimits
  /** Limits of the turns of large bodies. Default: as in `registerBodyTurns`. */
  bodyTurnLimits?: Partial<BodyTurnLimits> | undefined
  /** Time after which a handler gets 503. Default: no limit. */
  handlerTimeoutMs?: number
  /** Time in which the process must stop. Connections are closed shortly before it ends. Default: no limit. */
  shutdownTimeoutMs?: number
  /** Origins whose pages may call the service. Default: none. */
  corsOrigins?: readonly string[]
  /** Sentences about names of members and parameters that clients of other systems send. Default: none. */
  nameHints?: { body: NameHints; query: NameHints }
  /** Address under which clients reach the service, for the `type` of problems. Default: a relative `type`. */
  publicUrl?: string | undefined
  /** Returns whether the log has a line about an outage that fails requests. A 503 is then no error. Default: never. */
  isOutageLogged?: () => boolean
  /** Networks of the proxies whose `X-Forwarded-*` headers count. Default: none. */
  trustProxy?: readonly string[]
}

/**
 * Creates a Fastify app with everything that the HTTP processes share, in the order in which the plugins must run:
 * problems, JSON bodies, validation, headers, CORS, request checks, request log, shutdown, metrics, traces.
 * The app has no route and no authentication yet. Close it at the end of the process.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const corsHeaders = createCorsHeaders(options.corsOrigins ?? [])
  const { publicUrl = '', isOutageLogged = () => false, refuseEarly, requestIdOf = () => randomUUID() } = options
  const app = fastify(fastifyOptions({ ...options, requestIdOf }, corsHeaders))
  const metrics = createHttpMetrics(options.registry)
  const { bodyLimitBytes } = options
  if (refuseEarly)
    registerEarlyRefusal(app, { refusalOf: refuseEarly, requestIdOf, corsHeaders, metrics, bodyLimitBytes })
  registerProblems(app, { publicUrl, isOutageLogged })
  registerUnreadBodies(app, bodyLimitBytes)
  registerJson(app, registerBodyTurns(app, options.registry, options.bodyTurnLimits))
  registerValidation(app, options.nameHints)
  await registerHttp(app, corsHeaders)
  registerRequestLog(app, isOutageLogged)
  registerShutdown(app, options.shutdownTimeoutMs)
  if (options.maxConnections !== undefined) registerConnectionLimit(app, options.maxConnections, options.registry)
  registerHttpMetrics(app, metrics)
  registerTraces(app)
  return app
}

const noCompiler = (): never => {
  throw new Error('the app has no compiler for the schema of a route')
}

/** Options of Fastify for an app whose schemas need none of Fastify's own compilers, so that it does not load them. */
export const withoutCompilers = {
  schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
}

const fastifyOptions = (
  {
    log,
    bodyLimitBytes,
    requestIdOf,
    arrivalLimits = defaultArrivalLimits,
    handlerTimeoutMs,
    trustProxy = [],
    socketPaths = [],
  }: ServerOptions & Required<Pick<ServerOptions, 'requestIdOf'>>,
  corsHeaders: CorsHeaders,
) => ({
  loggerInstance: log as FastifyBaseLogger,
  // `registerRequestLog` writes the line of a finished request. Each line carries the id that the response shows.
  logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'traceId' }),
  // With tracing on, the id is that of the trace.
  genReqId: (request: IncomingMessage) => beginTrace(request) ?? requestIdOf(request),
  bodyLimit: bodyLimitBytes,
  requestTimeout: arrivalLimits.requestMs,
  connectionTimeout: 30_000,
  ...(handlerTimeoutMs !== undefined && { handlerTimeout: handlerTimeoutMs }),
  // `registerValidation` sets the compilers.
  ...withoutCompilers,
  trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
  routerOptions: { maxParamLength: 100 },
  ...malformedRequests(corsHeaders),
  http: {
    // Without this option Node refuses a request without Host itself, with an empty body. A hook refuses it instead.
    requireHostHeader: false,
    // Clients that offer HTTP/2 by an upgrade would get no response.
    shouldUpgradeCallback: ({ headers, url = '' }: IncomingMessage) =>
      headers.upgrade?.toLowerCase() === 'websocket' && socketPaths.includes(url.split('?', 1)[0] ?? ''),
    headersTimeout: arrivalLimits.headersMs,
    connectionsCheckingInterval: arrivalLimits.checkEveryMs,
  },
  // `registerShutdown` sends this 503 as a problem.
  return503OnClosing: false,
  forceCloseConnections: 'idle' as const,
})

/** Registers the headers and checks of every request. Headers come first, so that a refusal has them as well. */
async function registerHttp(app: FastifyInstance, corsHeaders: CorsHeaders): Promise<void> {
  registerHeaders(app)
  registerCors(app, corsHeaders)
  await registerRequestChecks(app)
}
