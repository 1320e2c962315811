import { Histogram, type Registry } from '@goals-tasks/observability'
import type { FastifyInstance } from 'fastify'

type Labels = { route: string; method: string; status: number }

/** Observes the duration of one request in seconds. The URL is no label: it has no bound. */
export type HttpMetrics = { observe(labels: Labels, seconds: number): void }

/** Creates the metric of the duration of requests by route, method and status. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const durations = new Histogram({
    name: 'gt_http_request_duration_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  })
  // Caches the series of each combination, because looking up its labels costs more than the observation.
  const cached = new Map<string, ReturnType<typeof durations.labels>>()
  return {
    observe({ route, method, status }, seconds) {
      const key = `${status} ${method} ${route}`
      const series = cached.get(key) ?? durations.labels({ route, method, status })
      cached.set(key, series)
      series.observe(seconds)
    },
  }
}

/** Measures the requests of an app. */
export function registerHttpMetrics(app: FastifyInstance, { observe }: HttpMetrics): void {
  app.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
    // A stream lasts as long as its client wants.
    if (reply.raw.getHeader('content-type') === 'text/event-stream') return done()
    const { url: route = 'none' } = routeOptions
    observe({ route, method, status: reply.statusCode }, reply.elapsedTime / 1_000)
    done()
  })
}
