import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refusalLevelOf } from './refusal.ts'

/**
 * Logs one line per request: `error` for a status of 500 and above, `debug` for a successful read, otherwise `info`,
 * also for a 503 while `isOutageLogged`, or the level that `refuse` was given: the log then has the reason already.
 * A request whose client hung up before the end of the response has the line `request aborted` instead, as `info`.
 * The line leaves out the query, because it may contain search terms of users. Successful reads are `debug`, because
 * writing a line costs a considerable part of the read itself.
 */
export function registerRequestLog(app: FastifyInstance, isOutageLogged: () => boolean): void {
  const explainedLevelOf = (request: FastifyRequest, status: number) =>
    refusalLevelOf(request) ?? (status === 503 && isOutageLogged() ? 'info' : undefined)
  app.addHook('onRequest', (request, reply, done) => {
    // Fastify has no hook for a client that hangs up when its body has arrived and the handler is running.
    let finished = false
    reply.raw.once('finish', () => {
      finished = true
    })
    reply.raw.once('close', () => {
      if (!finished) request.log.info(lineOf(request, reply), 'request aborted')
    })
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    // The path of a new resource holds the id that the URL of the request lacks.
    const location = reply.statusCode === 201 ? reply.getHeader('location') : undefined
    const line = { ...lineOf(request, reply), status: reply.statusCode, location }
    const level = explainedLevelOf(request, reply.statusCode) ?? levelOf(request, reply.statusCode)
    request.log[level](line, 'request')
    done()
  })
}

const lineOf = (request: FastifyRequest, reply: FastifyReply) => ({
  method: request.method,
  url: request.url.split('?')[0],
  ms: Math.round(reply.elapsedTime * 10) / 10,
  actorId: request.actor?.id,
  keyId: request.actor?.keyId,
})

function levelOf({ method }: FastifyRequest, status: number): 'error' | 'info' | 'debug' {
  if (status >= 500) return 'error'
  return status < 400 && (method === 'GET' || method === 'HEAD') ? 'debug' : 'info'
}
