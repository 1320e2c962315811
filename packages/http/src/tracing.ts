import type { IncomingMessage } from 'node:http'
import { beginRequestTrace, type RequestTrace } from '@goals-tasks/tracing'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** A member of the request costs the garbage collector less than an entry of a WeakMap. */
const traceKey = Symbol('trace')
type TracedRequest = IncomingMessage & { [traceKey]?: RequestTrace }

const traceOf = ({ raw }: { raw: TracedRequest }): RequestTrace | undefined => raw[traceKey]

/** Begins the trace of a request. @returns its id, or undefined while tracing is off */
export function beginTrace(request: TracedRequest): string | undefined {
  const trace = beginRequestTrace(request.headers)
  if (trace) request[traceKey] = trace
  return trace?.traceId
}

const traceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Returns the header that continues the trace of a request. While tracing is off it is the one that came with it. */
export function traceparentOf(request: Pick<FastifyRequest, 'raw' | 'headers'>): string | undefined {
  const trace = traceOf(request)
  if (trace) return trace.traceparent
  const given = request.headers.traceparent
  return typeof given === 'string' && traceparent.test(given) ? given : undefined
}

/** Runs the handlers in the spans of their requests, and ends each span with its response. */
export function registerTraces(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const span = traceOf(request)?.span
    // Closes after a finished response, and also when the client hangs up before.
    if (span) reply.raw.once('close', () => span.end(responseOf(request, reply)))
    done()
  })
  // Late, because the body has arrived by then: its arrival would lose the context of an earlier hook.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = traceOf(request)?.span
    if (span) span.run(done)
    else done()
  })
}

const responseOf = ({ method, routeOptions, url }: FastifyRequest, { statusCode }: FastifyReply) => ({
  ...{ method, status: statusCode },
  ...{ route: routeOptions.url ?? 'none', path: url.split('?', 1)[0] ?? '' },
})
