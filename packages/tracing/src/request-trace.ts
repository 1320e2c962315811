import type { IncomingHttpHeaders } from 'node:http'
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { currentTracer } from './spans.ts'

export type RequestTrace = {
  /** 32 hexadecimal digits: those of the caller's `traceparent`, or new ones. */
  traceId: string
  /** Runs work whose spans belong to the request. */
  run: (work: () => void) => void
  end: (response: { method: string; route: string; path: string; status: number }) => void
}

/** Begins the span of a request. The caller's `traceparent` is its parent. Undefined while tracing is off. */
export function beginRequestTrace(headers: IncomingHttpHeaders): RequestTrace | undefined {
  const parent = propagation.extract(ROOT_CONTEXT, headers)
  const span = currentTracer()?.startSpan('request', { kind: SpanKind.SERVER }, parent)
  if (!span) return undefined
  const inside = trace.setSpan(parent, span)
  return {
    traceId: span.spanContext().traceId,
    run: (work) => context.with(inside, work),
    end({ method, route, path, status }) {
      span.updateName(`${method} ${route}`).setAttributes({
        'http.request.method': method,
        'http.route': route,
        'url.path': path,
        'http.response.status_code': status,
      })
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}
