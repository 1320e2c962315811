import { Problem, refuse } from '@goals-tasks/http'
import { Counter, type Registry } from '@goals-tasks/observability'
import type { FastifyInstance } from 'fastify'
import { onceOver } from './once-over.ts'

/** `maxPerUser` requests of one user run at a time. Requests with an API key count for its user. */
export type ConcurrencyLimit = { maxPerUser: number; registry: Registry }

/**
 * Refuses a request while too many others of its user run in this process. Its body is not read then. Call after
 * `registerAuth`.
 */
export function registerConcurrencyLimit(app: FastifyInstance, { maxPerUser, registry }: ConcurrencyLimit): void {
  const running = new Map<string, number>()
  const refusal = tooMany(maxPerUser)
  const refusals = new Counter({
    name: 'gt_http_concurrency_refusals_total',
    help: 'requests that were refused because too many of the same user were running',
    registers: [registry],
  })
  const begin = (userId: string): (() => void) => {
    running.set(userId, (running.get(userId) ?? 0) + 1)
    let isRunning = true
    return () => {
      if (!isRunning) return
      isRunning = false
      const left = (running.get(userId) ?? 1) - 1
      if (left === 0) running.delete(userId)
      else running.set(userId, left)
    }
  }
  app.addHook('onRequest', (request, reply, done) => {
    const { actor } = request
    if (!actor) return done()
    if ((running.get(actor.id) ?? 0) >= maxPerUser) {
      refusals.inc()
      return refuse(request, reply, refusal, 'info')
    }
    onceOver(reply, begin(actor.id))
    done()
  })
}

const tooMany = (max: number) =>
  new Problem('rate-limited', `At most ${max} requests of a user run at a time. Wait for the responses to some.`, {
    headers: { 'retry-after': '1' },
    extra: { policy: 'concurrent' },
  })
