import { Histogram, type Registry } from '@goals-tasks/observability'
import type { FastifyInstance } from 'fastify'

/** Measures the duration of requests in seconds by route, method and status. The URL is no label: it has no bound. */
export function registerHttpMetrics(app: FastifyInstance, registry: Registry): void {
  const durations = new Histogram({
    name: 'gt_http_request_duration_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  })
  // Caches the series of each combination, because looking up its labels costs more than the observation.
  const cached = new Map<string, ReturnType<typeof durations.labels>>()
  app.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
    // A stream lasts as long as its client wants.
    if (reply.raw.getHeader('content-type') === 'text/event-stream') return done()
    const route = routeOptions.url ?? 'none'
    const key = `${reply.statusCode} ${method} ${route}`
    const series = cached.get(key) ?? durations.labels({ route, method, status: reply.statusCode })
    cached.set(key, series)
    series.observe(reply.elapsedTime / 1_000)
    done()
  })
}
