import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'

/** The decisions about a request, which are made before anything is created for its span. */
export type Requests = {
  newTraceId(): string
  /** Whether the trace of a request below `parent` is kept. */
  keeps(parent: Context, traceId: string): boolean
  /** Starts the span of a request whose trace is kept. Without a span in `parent` its trace gets this id. */
  start(parent: Context, traceId: string): Span
}

let tracer: Tracer | undefined
let requests: Requests | undefined

/** Lets spans begin. Until then, and after `undefined`, every function of this file only calls its work. */
export function setTracer(next: { tracer: Tracer; requests: Requests } | undefined): void {
  tracer = next?.tracer
  requests = next?.requests
}

export const currentTracer = (): Tracer | undefined => tracer
export const currentRequests = (): Requests | undefined => requests

/** Where work comes from: a context with a sampled span. Undefined when there is none, and while tracing is off. */
export type Origin = Context | undefined
export type SpanOptions = { kind?: SpanKind; attributes?: Attributes }

/** Spans that a context without a span comes from. The next span of the context gets links to them. */
const originsKey = createContextKey('the spans that caused this work')

const sampledSpanOf = (of: Context): Span | undefined => {
  const span = trace.getSpan(of)
  return span && (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0 ? span : undefined
}

/** Returns the origin of work that this call causes and that runs later, with other work or in another context. */
export function currentOrigin(): Origin {
  if (!tracer) return undefined
  const active = context.active()
  return active !== ROOT_CONTEXT && sampledSpanOf(active) ? active : undefined
}

/**
 * Runs work that has many causes. The spans of the work belong to the trace of a single origin. Work of several spans
 * begins a trace of its own, with a link to each of them. Work without an origin has no spans.
 */
export function runFor<T>(origins: readonly Origin[], work: () => T): T {
  if (!tracer) return work()
  const known = origins.filter((origin) => origin !== undefined)
  if (known.length === 0) return runIn(ROOT_CONTEXT, work)
  const distinct = [...new Map(known.map((origin) => [spanIdOf(origin), origin])).values()]
  if (distinct.length > 1) return context.with(ROOT_CONTEXT.setValue(originsKey, distinct), work)
  return runIn(distinct[0] ?? ROOT_CONTEXT, work)
}

const runIn = <T>(wanted: Context, work: () => T): T =>
  context.active() === wanted ? work() : context.with(wanted, work)

const spanIdOf = (origin: Context): string => trace.getSpanContext(origin)?.spanId ?? ''

/**
 * Runs `work` in a span, when it comes from a sampled span. So work that no request caused, such as a sweep, has none.
 * An error of `work` marks the span by its type. Its message may contain data of users, so the span does not have it.
 */
export function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  if (!tracer) return work()
  const active = context.active()
  if (active === ROOT_CONTEXT) return work()
  const links = linksOf(active)
  if (links.length === 0 && !sampledSpanOf(active)) return work()
  const { kind = SpanKind.INTERNAL, attributes = {} } = options
  const span = tracer.startSpan(name, { kind, attributes, links }, active)
  return runAndEnd(span, trace.setSpan(active.deleteValue(originsKey), span), work)
}

/**
 * Runs `work` in a span of the trace of `origin`. When the work runs in another trace, such as a job with events of
 * many requests, the span has a link to it.
 */
export function inSpanOf<T>(origin: Origin, name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  const active = context.active()
  if (!tracer || !origin || traceIdOf(active) === traceIdOf(origin)) return inSpan(name, options, work)
  const around = trace.getSpanContext(active)
  const { kind = SpanKind.INTERNAL, attributes = {} } = options
  const span = tracer.startSpan(name, { kind, attributes, links: around ? [{ context: around }] : [] }, origin)
  return runAndEnd(span, trace.setSpan(origin, span), work)
}

const traceIdOf = (of: Context): string | undefined => trace.getSpanContext(of)?.traceId

function linksOf(active: Context): Link[] {
  const origins = active.getValue(originsKey) as Context[] | undefined
  return (origins ?? []).flatMap((origin) => trace.getSpanContext(origin) ?? []).map((linked) => ({ context: linked }))
}

async function runAndEnd<T>(span: Span, inside: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(inside, work)
  } catch (error) {
    const type = error instanceof Error ? error.name : typeof error
    span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', type)
    throw error
  } finally {
    span.end()
  }
}
