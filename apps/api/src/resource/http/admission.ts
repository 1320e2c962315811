import type { Admission } from '@goals-tasks/db'
import { type EarlyRefusal, overloaded, refuse } from '@goals-tasks/http'
import type { FastifyInstance } from 'fastify'
import { LRUCache } from 'lru-cache'

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Senders of refused writes that a process remembers, and for how long. */
const maxRemembered = 10_000
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

  const refuseEarly: EarlyRefusal = ({ method = '', headers: { authorization } }) => {
    if (authorization === undefined || reads.has(method) || !refused.has(authorization)) return undefined
    return admitsWrite() ? undefined : refusal
  }

  /** Call after `registerAuth`. */
  const register = (app: FastifyInstance): void =>
    void app.addHook('onRequest', (request, reply, done) => {
      if (reads.has(request.method) || request.actor?.admin || admitsWrite()) return done()
      const { authorization } = request.headers
      if (authorization !== undefined && request.actor) refused.set(authorization, true)
      refuse(request, reply, refusal, 'debug')
    })

  return { refuseEarly, register }
}
