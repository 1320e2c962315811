import type { FastifyInstance, onSendHookHandler } from 'fastify'

/** Sets the headers of every response. A route may override `Cache-Control`. Call before the first route. */
export function registerHeaders(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.method === 'HEAD') route.onSend = [route.onSend ?? [], removeLengthOf304].flat()
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({
      'x-request-id': request.id,
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
    })
    done()
  })
}

/** Fastify adds `Content-Length: 0` to a HEAD response without a body. On a 304 it would describe the resource. */
const removeLengthOf304: onSendHookHandler = (_request, reply, payload, done) => {
  if (reply.statusCode === 304) reply.removeHeader('content-length')
  done(null, payload)
}
