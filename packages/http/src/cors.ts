import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

const exposedHeaders = [
  'ETag',
  'Event-Id',
  'Link',
  'Location',
  'X-Request-Id',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Idempotency-Replayed',
  'Preference-Applied',
].join(', ')

const preflightHeaders = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': [
    'Authorization',
    'Content-Type',
    'If-Match',
    'If-None-Match',
    'Idempotency-Key',
    'Last-Event-ID',
    'Prefer',
    'traceparent',
  ].join(', '),
  'access-control-max-age': '600',
}

/** Returns the CORS headers of the response to a request. */
export type CorsHeaders = (request: Pick<IncomingMessage, 'method' | 'headers'>) => Record<string, string>

/** Lets pages of `origins` call the service. Without an origin no CORS header is sent. */
export function createCorsHeaders(origins: readonly string[]): CorsHeaders {
  if (origins.length === 0) return () => ({})
  const allowed = new Set(origins)
  return ({ method, headers }) => {
    const { origin } = headers
    // A cache must not give the response for one origin to another.
    if (origin === undefined || !allowed.has(origin)) return { vary: 'Origin' }
    const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
    return {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-expose-headers': exposedHeaders,
      ...(isPreflight && preflightHeaders),
    }
  }
}

/**
 * Adds the CORS headers to every response. An OPTIONS request, a preflight included, goes on to its route. Call before
 * every hook that may refuse a request, so that a page can read the refusal.
 */
export function registerCors(app: FastifyInstance, corsHeaders: CorsHeaders): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(corsHeaders(request))
    done()
  })
}
