import type { FastifyRequest } from 'fastify'
import type { Problem } from './problems.ts'

const repeatsWithinMs = 5_000

/**
 * Returns a function that logs a request that failed on our side. An outage fails every request, so a 503 is an `error`
 * only once per reason and 5 s, and not while `isOutageLogged`. The repeats are `debug`.
 */
export function createFailureLog(isOutageLogged: () => boolean) {
  /** The reasons are the few sentences that the sources contain. */
  const quietUntilMs = new Map<string, number>()

  function levelOf({ code, message }: Problem): 'error' | 'debug' {
    if (code !== 'unavailable' && code !== 'overloaded') return 'error'
    const now = performance.now()
    if (isOutageLogged() || now < (quietUntilMs.get(message) ?? 0)) return 'debug'
    quietUntilMs.set(message, now + repeatsWithinMs)
    return 'error'
  }

  return (request: FastifyRequest, problem: Problem, err: unknown): void =>
    request.log[levelOf(problem)]({ err }, 'request failed')
}
