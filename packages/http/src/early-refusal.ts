import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { CorsHeaders } from './cors.ts'
import { problemText, publicUrlOf } from './error-handler.ts'
import type { HttpMetrics } from './metrics.ts'
import { problems } from './problem-table.ts'
import type { Problem } from './problems.ts'
import { createRefusalPace } from './refusal-pace.ts'
import { isTooMuchToDrain } from './unread-bodies.ts'

/** Returns the problem of a request that is refused at once, or undefined. It is called for each request. */
export type EarlyRefusal = (request: IncomingMessage) => Problem | undefined

type Options = {
  refusalOf: EarlyRefusal
  requestIdOf: (request: IncomingMessage) => string
  corsHeaders: CorsHeaders
  metrics: HttpMetrics
  bodyLimitBytes: number
}

/**
 * Refuses requests before Fastify looks at their route, token and body: a refusal then costs a quarter less. A request
 * without a route or with an invalid body is refused, too. A flood of refusals is paced. The response is the one that
 * `refuse` sends, and the metrics count it under the route `none`. While tracing is on, it has no span. Call before
 * other listeners for requests are added: they see refused requests, too.
 */
export function registerEarlyRefusal(app: FastifyInstance, options: Options): void {
  const { server } = app
  const handlers = server.listeners('request')
  const refuse = createRefusalPace<Exchange>((exchange) => sendEarly(app, options, exchange))
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    const problem = server.listening ? options.refusalOf(request) : undefined
    if (problem) return refuse({ request, response, problem, since: performance.now() })
    for (const handler of handlers) Reflect.apply(handler, server, [request, response])
  })
}

type Exchange = { request: IncomingMessage; response: ServerResponse; problem: Problem; since: number }

function sendEarly(
  app: FastifyInstance,
  { requestIdOf, corsHeaders, metrics, bodyLimitBytes }: Options,
  { request, response, problem, since }: Exchange,
): void {
  const { method = '', url = '' } = request
  const [traceId, [instance]] = [requestIdOf(request), url.split('?', 1)]
  const { status } = problems[problem.code]
  const body = problemText(problem, { traceId, instance }, publicUrlOf(app))
  response.writeHead(status, {
    'x-request-id': traceId,
    'x-content-type-options': 'nosniff',
    ...corsHeaders(request),
    'cache-control': 'no-store',
    ...problem.headers,
    ...(isTooMuchToDrain(request, bodyLimitBytes) && { connection: 'close' }),
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
  const ms = performance.now() - since
  metrics.observe({ route: 'none', method, status }, ms / 1_000)
  app.log.debug({ traceId, method, url: instance, ms: Math.round(ms * 10) / 10, status }, 'request')
}
