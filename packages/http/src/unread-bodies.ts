import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/**
 * Closes the connection after a response to a request whose body is unread and too large or of unknown length. Node
 * would read the rest of it, however much the client sends, to keep the connection. Keeps the connection after a
 * refused body that has arrived: Fastify closes it after every body that a parser refuses.
 */
export function registerUnreadBodies(app: FastifyInstance, bodyLimitBytes: number): void {
  app.addHook('onError', ({ raw }, reply, _error, done) => {
    if (raw.complete) reply.removeHeader('connection')
    done()
  })
  app.addHook('onSend', ({ raw }, reply, payload, done) => {
    if (isTooMuchToDrain(raw, bodyLimitBytes)) reply.header('connection', 'close')
    done(null, payload)
  })
}

/** Returns whether the unread rest of a request may be longer than the largest body. */
export const isTooMuchToDrain = ({ complete, headers }: IncomingMessage, bodyLimitBytes: number): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > bodyLimitBytes)
