import type { FastifyInstance } from 'fastify'

/** Sets the headers of every response. A route may override `Cache-Control`. */
export function registerHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({
      'x-request-id': request.id,
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
    })
    done()
  })
}
