import { Histogram, type Registry } from '@goals-tasks/observability'
import type { FastifyInstance } from 'fastify'

/** How long requests took, by route (never by URL, which has no bound), method and status. */
export function registerHttpMetrics(app: FastifyInstance, registry: Registry): void {
  const durations = new Histogram({
    name: 'gt_http_request_duration_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  })
  // Looked up once per route, method and status: the labels cost more than the observation.
  const known = new Map<string, ReturnType<typeof durations.labels>>()
  app.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
    const route = routeOptions.url ?? 'none'
    const key = `${reply.statusCode} ${method} ${route}`
    const series = known.get(key) ?? durations.labels({ route, method, status: reply.statusCode })
    known.set(key, series)
    series.observe(reply.elapsedTime / 1_000)
    done()
  })
}
