import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/**
 * Logs one line per request: `error` for a status of 500 and above, `debug` for a successful read, otherwise `info`.
 * The line leaves out the query, because it may contain search terms of users. Successful reads are `debug`, because
 * writing a line costs a considerable part of the read itself.
 */
export function registerRequestLog(app: FastifyInstance): void {
  app.addHook('onResponse', logRequest)
}

function logRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const level = levelOf(request.method, reply.statusCode)
  const line = {
    method: request.method,
    url: request.url.split('?')[0],
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
