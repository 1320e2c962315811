import type { IncomingHttpHeaders } from 'node:http'
import { type Context, context, propagation, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { currentRequests } from './spans.ts'

export type RequestTrace = {
  /** 32 hexadecimal digits: those of the caller's `traceparent`, or new ones. */
  traceId: string
  /** The header that continues the trace, as the events of the request have it. */
  traceparent: string
  /** Absent when the trace is not kept: such a request costs little more than its id. */
  span?: RequestSpan
}

export type RequestSpan = {
  /** Runs work whose spans belong to the request. */
  run: (work: () => void) => void
  end: (response: { method: string; route: string; path: string; status: number }) => void
}

/** Begins the trace of a request. The caller's `traceparent` is its parent. Undefined while tracing is off. */
export function beginRequestTrace(headers: IncomingHttpHeaders): RequestTrace | undefined {
  const requests = currentRequests()
  if (!requests) return undefined
  const parent = headers.traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, headers)
  const remote = parent === ROOT_CONTEXT ? undefined : trace.getSpanContext(parent)
  const traceId = remote?.traceId ?? requests.newTraceId()
  if (requests.keeps(parent, traceId)) return keptTrace(parent, requests.start(parent, traceId))
  // No span has the id of this parent: only the trace goes on.
  return { traceId, traceparent: headerOf(traceId, remote?.spanId ?? traceId.slice(16), '00') }
}

const headerOf = (traceId: string, spanId: string, flags: '00' | '01') => `00-${traceId}-${spanId}-${flags}`

function keptTrace(parent: Context, span: Span): RequestTrace {
  const { traceId, spanId } = span.spanContext()
  const inside = trace.setSpan(parent, span)
  return {
    traceId,
    traceparent: headerOf(traceId, spanId, '01'),
    span: {
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
    },
  }
}
