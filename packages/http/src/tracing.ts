import type { IncomingMessage } from 'node:http'
import { beginRequestTrace, type RequestTrace } from '@goals-tasks/tracing'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export type RequestTraces = ReturnType<typeof createRequestTraces>

/** A member of the request costs the garbage collector less than an entry of a WeakMap. */
const traceKey = Symbol('trace')
type TracedRequest = IncomingMessage & { [traceKey]?: RequestTrace }

const traceOf = (request: TracedRequest): RequestTrace | undefined => request[traceKey]

/** Creates the traces of a server's requests. While tracing is off, no request has one. */
export function createRequestTraces() {
  return {
    /** Begins the trace of a request. @returns its id, or undefined while tracing is off */
    begin(request: TracedRequest): string | undefined {
      const trace = beginRequestTrace(request.headers)
      if (trace) request[traceKey] = trace
      return trace?.traceId
    },
    /** Runs the handlers in the spans of their requests, and ends each span with its response. */
    register(app: FastifyInstance): void {
      app.addHook('onRequest', (request, reply, done) => {
        const trace = traceOf(request.raw)
        // Closes after a finished response, and also when the client hangs up before.
        if (trace) reply.raw.once('close', () => trace.end(responseOf(request, reply)))
        done()
      })
      // The last hook before the handler. The body has arrived: its arrival would lose the context of an earlier hook.
      app.addHook('preHandler', (request, _reply, done) => {
        const trace = traceOf(request.raw)
        if (trace) trace.run(done)
        else done()
      })
    },
  }
}

const responseOf = ({ method, routeOptions, url }: FastifyRequest, { statusCode }: FastifyReply) => ({
  ...{ method, status: statusCode },
  ...{ route: routeOptions.url ?? 'none', path: url.split('?', 1)[0] ?? '' },
})
