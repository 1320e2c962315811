import cors from '@fastify/cors'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'

const exposed = [
  'ETag',
  'Link',
  'Location',
  'X-Request-Id',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Idempotency-Replayed',
  'Preference-Applied',
]
const allowed = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'Idempotency-Key',
  'Prefer',
  'traceparent',
]

/** What every answer has, whatever the route. */
export async function registerHttp(app: FastifyInstance, corsOrigins: readonly string[]): Promise<void> {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({
      'x-request-id': request.id,
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
    })
    done(acceptsJson(request.headers.accept) ? undefined : new Problem('not-acceptable', 'Accept application/json.'))
  })
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...corsOrigins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: allowed,
      exposedHeaders: exposed,
      maxAge: 600,
    })
  }
  app.addHook('onResponse', logOutcome)
}

const acceptsJson = (accept: string | undefined) =>
  accept === undefined || /\*\/\*|application\/(\*|json|problem\+json)|text\/(\*|html)/.test(accept)

/** One line per request; the query stays out of it, since it may hold what people search for. */
function logOutcome(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const url = request.url.split('?')[0]
  const line = {
    method: request.method,
    url,
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    actorId: request.actor?.id,
  }
  if (reply.statusCode >= 500) request.log.error(line, 'request')
  else request.log.info(line, 'request')
  done()
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Answers 405 with Allow where the address is known under other methods; to be called after all routes. */
export function registerMethodNotAllowed(app: FastifyInstance, known: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [url, present] of [...known]) {
    const allow = [...present, 'OPTIONS'].join(', ')
    for (const method of methods.filter((name) => !present.has(name))) {
      app.route({
        method,
        url,
        config: { public: true },
        schema: { hide: true },
        handler: async () => {
          throw new Problem('method-not-allowed', `Use ${allow}.`, { headers: { allow } })
        },
      })
    }
  }
}

/** Which methods each address has; to be called before the first route. */
export function collectMethods(app: FastifyInstance): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    if (!url.startsWith('/v1/')) return
    const present = known.get(url) ?? new Set()
    for (const name of [method].flat()) present.add(name)
    known.set(url, present)
  })
  return known
}
