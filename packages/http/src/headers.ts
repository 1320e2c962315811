import cors from '@fastify/cors'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from './problems.ts'

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
    done(unfit(request))
  })
  if (corsOrigins.length > 0) {
    await app.register(cors, {
      origin: [...corsOrigins],
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: allowed,
      exposedHeaders: exposed,
      maxAge: 600,
      // An OPTIONS that is no preflight is answered like everywhere else.
      strictPreflight: false,
    })
  }
  app.addHook('onResponse', logOutcome)
}

function unfit({ raw, headers }: FastifyRequest): Problem | undefined {
  if (headers.host === undefined && raw.httpVersion === '1.1')
    return new Problem('invalid-request', 'The Host header is missing.')
  return acceptsJson(headers.accept) ? undefined : new Problem('not-acceptable', 'Accept application/json.')
}

/** Pages are had by those who name HTML; everything else here is JSON. */
const acceptsJson = (accept: string | undefined): boolean => {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return true
  const weights = new Map(accept.split(',').map(mediaRange))
  const json = weights.get('application/json') ?? weights.get('application/*') ?? weights.get('*/*') ?? 0
  const named = ['application/problem+json', 'text/html', 'text/*'].map((range) => weights.get(range) ?? 0)
  return Math.max(json, ...named) > 0
}

/** `text/html;level=1;q=0.4` is `['text/html', 0.4]`. */
function mediaRange(text: string): [range: string, weight: number] {
  const [range = '', ...parameters] = text.toLowerCase().split(';')
  const weight = parameters.find((each) => each.trim().startsWith('q='))
  return [range.trim(), weight === undefined ? 1 : Number(weight.trim().slice(2))]
}

/**
 * One line per request; the query stays out of it, since it may hold what people search for. A read that went well is worth a
 * line only to whoever looks for it: writing one costs a good part of what the read itself does.
 */
function logOutcome(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const level = levelOf(request.method, reply.statusCode)
  const url = request.url.split('?')[0]
  const line = {
    method: request.method,
    url,
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    actorId: request.actor?.id,
  }
  request.log[level](line, 'request')
  done()
}

function levelOf(method: string, status: number): 'error' | 'info' | 'debug' {
  if (status >= 500) return 'error'
  return status < 400 && (method === 'GET' || method === 'HEAD') ? 'debug' : 'info'
}
