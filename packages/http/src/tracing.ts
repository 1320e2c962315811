import type { IncomingMessage } from 'node:http'
import { beginRequestTrace, type RequestTrace } from '@goals-tasks/tracing'
import type { FastifyInstance } from 'fastify'

export type RequestTraces = ReturnType<typeof createRequestTraces>

/** Creates the traces of a server's requests. While tracing is off, no request has one. */
export function createRequestTraces() {
  const traces = new WeakMap<IncomingMessage, RequestTrace>()
  return {
    /** Begins the trace of a request. @returns its id, or undefined while tracing is off */
    begin(request: IncomingMessage): string | undefined {
      const trace = beginRequestTrace(request.headers)
      if (trace) traces.set(request, trace)
      return trace?.traceId
    },
    /** Runs the handlers in the spans of their requests, and ends each span with its response. */
    register(app: FastifyInstance): void {
      app.addHook('onRequest', (request, reply, done) => {
        const { method, routeOptions, url } = request
        const [path = ''] = url.split('?')
        const end = () =>
          traces.get(request.raw)?.end({ method, route: routeOptions.url ?? 'none', path, status: reply.statusCode })
        // Closes after a finished response, and also when the client hangs up before.
        if (traces.has(request.raw)) reply.raw.once('close', end)
        done()
      })
      // The last hook before the handler. The body has arrived: its arrival would lose the context of an earlier hook.
      app.addHook('preHandler', (request, _reply, done) => {
        const trace = traces.get(request.raw)
        if (trace) trace.run(done)
        else done()
      })
    },
  }
}
