import { Problem, refuse } from '@goals-tasks/http'
import { type Registry, registerTurnMetrics } from '@goals-tasks/observability'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createChangeTurns } from './change-turns.ts'
import { onceOver } from './once-over.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Ends the wait for the body of a change, and returns whether the body was late. */
    endBodyWait?: () => boolean
  }
}

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

const metrics = {
  name: 'gt_http_turns',
  help: 'changes that began at once, after a wait for other changes of the same user, or were refused',
  waitingHelp: 'changes that wait for other changes of the same user',
}

/** The time in which the body of a change must arrive. After it, the change gives its turn back. */
const defaultBodyMs = 100

export type FairTurns = {
  limits: Parameters<typeof createChangeTurns>[0] & { bodyMs?: number }
  registry: Registry
}

/**
 * Lets the changes of a user wait while many others of them run and other users have changes, too. A waiting request
 * holds nothing, and its body is not read. A change whose body is late gives its turn back, and takes another one when
 * the body is validated: a client that lost its network would hold up its own next changes otherwise. Administrators
 * never wait: they may be about to repair the cause. Call after `registerConcurrencyLimit`, which bounds the requests
 * that wait.
 */
export function registerFairTurns(app: FastifyInstance, { limits, registry }: FairTurns): void {
  const { bodyMs = defaultBodyMs, ...turnLimits } = limits
  const turns = createChangeTurns(turnLimits)
  registerTurnMetrics(registry, metrics, turns)
  app.decorateRequest('endBodyWait')

  function takeTurn(reply: FastifyReply, done: (end: () => void) => void) {
    const { request } = reply
    const { wait, end } = turns.take(request.actor.id)
    onceOver(reply, end)
    if (!wait) return done(end)
    void wait.then((hasTurn) => (hasTurn ? done(end) : refuse(request, reply, tooLate, 'info')))
  }

  app.addHook('onRequest', (request, reply, done) => {
    const { actor, method } = request
    if (!actor || actor.admin || reads.has(method)) return done()
    takeTurn(reply, (end) => {
      request.endBodyWait = limitBodyWait(request, bodyMs, end)
      done()
    })
  })
  app.addHook('preHandler', (request, reply, done) => {
    const wasLate = request.endBodyWait?.()
    if (!wasLate) return done()
    takeTurn(reply, () => done())
  })
  // The requests that wait are finished before the server closes.
  app.addHook('preClose', (done) => {
    turns.close()
    done()
  })
}

/**
 * Calls `end` when the body has not arrived after `bodyMs`.
 * @returns a function that ends the wait, and returns whether the body was late
 */
function limitBodyWait({ raw }: FastifyRequest, bodyMs: number, end: () => void): () => boolean {
  let isLate = false
  const timer = setTimeout(() => {
    isLate = !raw.complete
    if (isLate) end()
  }, bodyMs)
  return () => {
    clearTimeout(timer)
    return isLate
  }
}

const tooLate = new Problem(
  'overloaded',
  'Other changes of the same user were first. Send fewer at a time, and this one again after Retry-After.',
  { headers: { 'retry-after': '2' } },
)
