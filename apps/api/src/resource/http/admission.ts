import type { IncomingMessage } from 'node:http'
import type { Admission } from '@goals-tasks/db'
import { type EarlyRefusal, overloaded, refuse } from '@goals-tasks/http'
import type { FastifyInstance } from 'fastify'
import { LRUCache } from 'lru-cache'

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Senders of refused writes that a process remembers, for how long, and the longest header that it keeps. */
const maxRemembered = 10_000
const maxHeaderLength = 2_048
const rememberedMs = 30_000

/**
 * Returns the two places at which writes are refused while too much work waits for Postgres, before their bodies are
 * read. Administrators are never refused: they may be about to repair the cause.
 */
export function createRequestAdmission({ admitsWrite }: Pick<Admission, 'admitsWrite'>) {
  // One for all: an error of each refusal would cost its stack trace.
  const refusal = overloaded()
  /** Authorization headers of refused users. Their next writes are refused without a look at their tokens. */
  const refused = new LRUCache<string, true>({ max: maxRemembered, ttl: rememberedMs, ttlResolution: 100 })

  /** Requests that were admitted before they had a route. Each request is judged once. */
  const admitted = new WeakSet<IncomingMessage>()

  const refuseEarly: EarlyRefusal = (request) => {
    const { method = '', headers } = request
    const { authorization } = headers
    if (authorization === undefined || reads.has(method) || !refused.has(authorization)) return undefined
    if (!admitsWrite()) return refusal
    admitted.add(request)
    return undefined
  }

  /** Call after `registerAuth`. */
  const register = (app: FastifyInstance): void =>
    void app.addHook('onRequest', (request, reply, done) => {
      if (reads.has(request.method) || request.actor?.admin || admitted.has(request.raw) || admitsWrite()) return done()
      const { authorization = '' } = request.headers
      if (request.actor && authorization.length <= maxHeaderLength) refused.set(authorization, true)
      refuse(request, reply, refusal, 'debug')
    })

  return { refuseEarly, register }
}
