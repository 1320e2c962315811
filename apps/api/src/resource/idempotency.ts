import { type IdempotencyKey, loadStoredResponse, sqlState, storeResponse, takeKey } from '@goals-tasks/db'
import { Problem } from '@goals-tasks/http'
import pTimeout from 'p-timeout'
import type { Deps } from '../deps.ts'

/** The response to a write. It is stored with the write, so that a repeated request gets the same one. */
export type StoredResponse = { status: number; headers: Record<string, string>; body: string }
/** The response to a write as the client gets it the first time. `storedBody` is the body without its secret. */
export type WriteResponse = StoredResponse & { storedBody?: string }
type Response = WriteResponse & { replayed?: boolean }

/**
 * A request with an `Idempotency-Key`. `bodyHash` distinguishes requests under one key. `formerHash` is the hash of
 * version 0.2: this version may get the retry of a request that a process of version 0.2 has stored.
 */
export type KeyedRequest = IdempotencyKey & { bodyHash: string; formerHash: string }

type Work = (deps: Deps) => Promise<WriteResponse>

/** How long a request waits for an equal one that is still running. */
const defaultLimits = { waitMs: 5_000 }

/**
 * Returns a function that executes writes. With a key, the response commits together with what was written, so a
 * repeated request finds the response and writes nothing.
 */
export function createIdempotentWrites(deps: Deps, { waitMs } = defaultLimits) {
  const inTurn = createTurns(waitMs)
  return (request: KeyedRequest | undefined, work: Work): Promise<Response> =>
    // Equal requests of this process wait here, so that they do not occupy every connection.
    request
      ? inTurn(JSON.stringify([request.actorId, request.route, request.key]), () => once(deps, request, work, waitMs))
      : work(deps)
}

async function once(deps: Deps, request: KeyedRequest, work: Work, waitMs: number): Promise<Response> {
  const known = await findStored(deps, request)
  if (known) return known
  const response = await deps.transaction(request, async (tx) => {
    const taken = await takeKey(tx.db, request, waitMs).catch((error) => {
      throw sqlState(error) === '55P03' ? stillRunning(error) : error
    })
    if (!taken) return null
    const response = await work(tx)
    const { storedBody, ...repeated } = { ...response, body: response.storedBody ?? response.body }
    await storeResponse(tx.db, request, { ...repeated, events: tx.db.events })
    return response
  })
  const found = response ?? (await findStored(deps, request))
  if (!found) throw stillRunning()
  return found
}

async function findStored(deps: Deps, request: KeyedRequest): Promise<Response | undefined> {
  const stored = await loadStoredResponse(deps.db, request)
  if (stored && ![request.bodyHash, request.formerHash].includes(stored.bodyHash))
    throw new Problem('idempotency-key-reused', 'This Idempotency-Key belongs to another request. Send a new one.')
  if (!stored) return undefined
  // The process that wrote them may have crashed before it published.
  await deps.publish(stored.events)
  const { status, headers, body } = stored
  return { status, headers, body, replayed: true }
}

const stillRunning = (cause?: unknown) =>
  new Problem('idempotency-key-in-use', 'A request with this Idempotency-Key is still running.', {
    headers: { 'retry-after': '1' },
    cause,
  })

/** Runs one request at a time per key. A request that has waited too long is refused. */
function createTurns(waitMs: number) {
  const last = new Map<string, Promise<unknown>>()
  const refuse = () => Promise.reject(stillRunning())
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = last.get(key)
    const mine = before ? pTimeout(before, { milliseconds: waitMs, fallback: refuse }).then(work) : work()
    // A refused request does not release the queue: its predecessor may still be running.
    const done = Promise.allSettled([before, mine])
    last.set(key, done)
    void done.then(() => {
      if (last.get(key) === done) last.delete(key)
    })
    return mine
  }
}
