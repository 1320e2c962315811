import { context, DiagLogLevel, diag, propagation, SpanKind, type Tracer } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { parseKeyPairsIntoRecord, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  RandomIdGenerator,
  type Sampler,
  SamplingDecision,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { createSampler } from './sampler.ts'
import type { Requests } from './spans.ts'
import type { TracingConfig } from './tracing-config.ts'

const exportTimeoutMs = 5_000

/** Creates the provider of spans, and registers what carries a trace through the process and between processes. */
export function createProvider(
  service: string,
  { url, headers, sampler: samplerName, ratio, delayMs }: TracingConfig,
  onError: (message: string) => void,
) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  const ignore = () => undefined
  const logger = { error: onError, warn: ignore, info: ignore, debug: ignore, verbose: ignore }
  diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true })
  const exporter = new OTLPTraceExporter({
    url,
    headers: parseKeyPairsIntoRecord(headers),
    timeoutMillis: exportTimeoutMs,
  })
  const sampler = createSampler(samplerName, ratio)
  const ids = createIds()
  const provider = new TracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last, so they win.
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service, 'process.pid': process.pid }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler,
    idGenerator: ids.generator,
    spanProcessors: [
      new BatchSpanProcessor({ exporter, scheduledDelayMillis: delayMs, exportTimeoutMillis: exportTimeoutMs }),
    ],
  })
  const tracer = provider.getTracer('goals-tasks')
  return { tracer, requests: createRequests(tracer, sampler, ids), shutdown: () => provider.shutdown() }
}

/** Generates random ids. The spans that begin a trace within `withTraceId` get that id. */
function createIds() {
  const random = new RandomIdGenerator()
  let traceId: string | undefined
  return {
    generator: {
      generateTraceId: () => traceId ?? random.generateTraceId(),
      generateSpanId: () => random.generateSpanId(),
    },
    withTraceId<T>(id: string, start: () => T): T {
      traceId = id
      try {
        return start()
      } finally {
        traceId = undefined
      }
    },
  }
}

/** The sampler decides by the id of the trace, so it decides the same again when the span starts. */
const createRequests = (tracer: Tracer, sampler: Sampler, ids: ReturnType<typeof createIds>): Requests => ({
  newTraceId: () => ids.generator.generateTraceId(),
  keeps: (parent, traceId) =>
    sampler.shouldSample(parent, traceId, requestName, SpanKind.SERVER, {}, []).decision !==
    SamplingDecision.NOT_RECORD,
  start: (parent, traceId) =>
    ids.withTraceId(traceId, () => tracer.startSpan(requestName, { kind: SpanKind.SERVER }, parent)),
})

/** The end of the request replaces it. */
const requestName = 'request'
