import { Problem, refuse } from '@goals-tasks/http'
import { type Registry, registerTurnMetrics } from '@goals-tasks/observability'
import type { FastifyInstance } from 'fastify'
import { createChangeTurns } from './change-turns.ts'

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

const metrics = {
  name: 'gt_http_turns',
  help: 'changes that began at once, after a wait for other changes of the same user, or were refused',
  waitingHelp: 'changes that wait for other changes of the same user',
}

export type FairTurns = { limits: Parameters<typeof createChangeTurns>[0]; registry: Registry }

/**
 * Lets the changes of a user wait while many others of them run and other users have changes, too. A waiting request
 * holds nothing, and its body is not read. Administrators never wait: they may be about to repair the cause. Call after
 * `registerConcurrencyLimit`, which bounds the requests that wait.
 */
export function registerFairTurns(app: FastifyInstance, { limits, registry }: FairTurns): void {
  const turns = createChangeTurns(limits)
  registerTurnMetrics(registry, metrics, turns)
  app.addHook('onRequest', (request, reply, done) => {
    const { actor, method } = request
    if (!actor || actor.admin || reads.has(method)) return done()
    const { wait, end } = turns.take(actor.id)
    // A client that hangs up causes only the second one.
    reply.raw.once('finish', end).once('close', end)
    if (!wait) return done()
    void wait.then((hasTurn) => (hasTurn ? done() : refuse(request, reply, tooLate, 'info')))
  })
  // The requests that wait are finished before the server closes.
  app.addHook('preClose', (done) => {
    turns.close()
    done()
  })
}

const tooLate = new Problem(
  'overloaded',
  'Other changes of the same user were first. Send fewer at a time, and this one again after Retry-After.',
  { headers: { 'retry-after': '2' } },
)
