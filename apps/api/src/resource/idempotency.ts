import { createHash } from 'node:crypto'
import { type IdempotencyKey, loadAnswer, sqlState, storeAnswer, takeKey } from '@goals-tasks/db'
import type { CommittedEvent } from '@goals-tasks/events'
import { Problem, unavailable } from '@goals-tasks/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import pTimeout from 'p-timeout'
import { type Deps, depsWithin } from '../deps.ts'
import type { Outcome } from './http/reply.ts'

const usualLimits = {
  /** How long a request waits for an equal one that is still running. */
  waitMs: 5_000,
  /** Nobody waits for ever on a database that hangs. What was begun by then may still be committed. */
  answerMs: 20_000,
}

type Work = (deps: Deps) => Promise<Outcome>

/**
 * Answers requests that write. With an `Idempotency-Key` the answer commits together with what was written, so that the
 * same request, sent again, finds the answer and writes nothing.
 */
export function createAnswering(deps: Deps, { waitMs, answerMs } = usualLimits) {
  const inTurn = createTurns(waitMs)
  const answerOf = (key: Keyed | undefined, work: Work): Promise<Outcome & { replayed?: boolean }> =>
    // Here the ones in this process wait, so that they do not take every connection while they do.
    key
      ? inTurn(JSON.stringify([key.principalId, key.route, key.key]), () => once(deps, key, work, waitMs))
      : work(deps)

  return async (request: FastifyRequest, reply: FastifyReply, work: Work) => {
    const { replayed, status, headers, body } = await pTimeout(answerOf(keyOf(request), work), {
      milliseconds: answerMs,
      fallback: () => Promise.reject(unavailable('The database did not answer in time.')),
    })
    if (replayed) reply.header('idempotency-replayed', 'true')
    return reply
      .code(status)
      .headers(headers)
      .send(body === '' ? undefined : body)
  }
}

type Keyed = IdempotencyKey & { bodyHash: string }

function keyOf(request: FastifyRequest): Keyed | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new Problem('invalid-request', 'Idempotency-Key is 1 to 255 visible ASCII characters.')
  const route = `${request.method} ${request.routeOptions.url}`
  // The ids in the address are part of what was asked for, and so is the power with which: an administrator's answer may
  // hold what the same user does not get to see otherwise.
  const bodyHash = createHash('sha256')
    .update(JSON.stringify([request.params, request.body ?? {}, request.actor.admin]))
    .digest('base64url')
  return { principalId: request.actor.id, route, key, bodyHash }
}

async function once(deps: Deps, key: Keyed, work: Work, waitMs: number): Promise<Outcome & { replayed: boolean }> {
  const known = await storedAnswer(deps, key)
  if (known) return known
  const events: CommittedEvent[] = []
  const answer = await deps.transaction(async (tx) => {
    events.length = 0
    const taken = await takeKey(tx, key, waitMs).catch((error) => {
      throw sqlState(error) === '55P03' ? stillRunning(error) : error
    })
    if (!taken) return null
    const outcome = await work(depsWithin(deps, tx, events))
    await storeAnswer(tx, key, { ...outcome, events })
    return { ...outcome, replayed: false }
  })
  await deps.publish(events)
  const settled = answer ?? (await storedAnswer(deps, key))
  if (!settled) throw stillRunning()
  return settled
}

async function storedAnswer(deps: Deps, key: Keyed) {
  const stored = await loadAnswer(deps.db, key)
  if (stored && stored.bodyHash !== key.bodyHash)
    throw new Problem('idempotency-key-reused', 'This Idempotency-Key was used for another request: take a new one.')
  if (!stored) return undefined
  // Whoever wrote it may have died before it could.
  await deps.publish(stored.events)
  return { ...stored, replayed: true }
}

const stillRunning = (cause?: unknown) =>
  new Problem('idempotency-key-in-use', 'A request with this Idempotency-Key is still running.', {
    headers: { 'retry-after': '1' },
    cause,
  })

/** One at a time per key; who has waited for too long is refused. */
function createTurns(waitMs: number) {
  const last = new Map<string, Promise<unknown>>()
  const refuse = () => Promise.reject(stillRunning())
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = last.get(key)
    const mine = before ? pTimeout(before, { milliseconds: waitMs, fallback: refuse }).then(work) : work()
    // Whoever is refused hands on no turn: the one before them may still be running.
    const done = Promise.allSettled([before, mine])
    last.set(key, done)
    void done.then(() => {
      if (last.get(key) === done) last.delete(key)
    })
    return mine
  }
}
