import { Problem, refuse } from '@goals-tasks/http'
import { Counter, Gauge, type Registry } from '@goals-tasks/observability'
import type { FastifyInstance } from 'fastify'
import { type ChangeTurns, createChangeTurns } from './change-turns.ts'

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export type FairTurns = { limits: Parameters<typeof createChangeTurns>[0]; registry: Registry }

/**
 * Lets the changes of a user wait while many others of them run and other users have changes, too. A waiting request
 * holds nothing, and its body is not read. Administrators never wait: they may be about to repair the cause. Call after
 * `registerConcurrencyLimit`, which bounds the requests that wait.
 */
export function registerFairTurns(app: FastifyInstance, { limits, registry }: FairTurns): void {
  const turns = createChangeTurns(limits)
  registerMetrics(registry, turns)
  app.addHook('onRequest', (request, reply, done) => {
    const { actor, method } = request
    if (!actor || actor.admin || reads.has(method)) return done()
    const { wait, end } = turns.take(actor.id)
    // A client that hangs up causes only the second one.
    reply.raw.once('finish', end).once('close', end)
    if (!wait) return done()
    wait.then((hasTurn) => (hasTurn ? done() : refuse(request, reply, tooLate, 'info')), done)
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

function registerMetrics(registry: Registry, { counts, countWaiting }: ChangeTurns): void {
  new Counter({
    name: 'gt_http_turns_total',
    help: 'changes that began at once, after a wait for other changes of the same user, or were refused',
    ...{ labelNames: ['outcome'], registers: [registry] },
    collect() {
      this.reset()
      this.inc({ outcome: 'at-once' }, counts.atOnce)
      this.inc({ outcome: 'waited' }, counts.waited)
      this.inc({ outcome: 'refused' }, counts.refused)
    },
  })
  new Gauge({
    name: 'gt_http_turns_waiting',
    help: 'changes that wait for other changes of the same user',
    registers: [registry],
    collect() {
      this.set(countWaiting())
    },
  })
}
