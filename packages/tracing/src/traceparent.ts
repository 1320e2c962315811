import { context, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { currentTracer, type Origin } from './spans.ts'

type Carrier = { traceparent?: string }

/** Returns the header that continues the trace of the running work. Empty without a span. */
export function traceHeaders(): Carrier {
  const carrier: Carrier = {}
  if (!currentTracer()) return carrier
  const active = context.active()
  if (active !== ROOT_CONTEXT) propagation.inject(active, carrier)
  return carrier.traceparent === undefined ? {} : { traceparent: carrier.traceparent }
}

/** Returns the member that a job keeps of a `traceparent`. Empty when its trace is not sampled or tracing is off. */
export const carriedTrace = (traceparent: string | null | undefined): Carrier =>
  traceparent && isSampled(traceparent) && currentTracer() ? { traceparent } : {}

/** Returns the origin that a `traceparent` names. Undefined when its trace is not sampled. */
export function originOf(traceparent: string | null | undefined): Origin {
  if (!traceparent || !isSampled(traceparent) || !currentTracer()) return undefined
  return propagation.extract(ROOT_CONTEXT, { traceparent })
}

/** The last bit of the flags says that the caller records the trace. */
const isSampled = (traceparent: string) => /-[0-9a-f][13579bdf]$/.test(traceparent)
