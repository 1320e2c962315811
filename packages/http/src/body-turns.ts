import { createTurns, Overloaded, type TurnLimits } from '@goals-tasks/db'
import { type Registry, registerTurnMetrics } from '@goals-tasks/observability'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from './problems.ts'

/** `otherUsersMs` is how long a user counts as active after a request. */
export type BodyTurnLimits = Omit<TurnLimits, 'mustPause'> & { otherUsersMs: number }

const defaults: BodyTurnLimits = {
  ...{ share: 1 / 4, burstMs: 25, maxPauseMs: 500 },
  // A whole request must arrive in 15 s, and an encoded body waits unread.
  ...{ maxQueued: 1_000, maxWaitMs: 10_000 },
  otherUsersMs: 1_000,
}

/**
 * About the time that a body costs beside its turn: its request is routed and logged, its bytes are read and copied,
 * and their memory is collected.
 */
const besideTurnMs = (bytesRead: number) => 1 + bytesRead / (32 * 1024)

const metrics = {
  name: 'gt_http_large_bodies',
  help: 'Large or compressed bodies: parsed or refused at once, after a wait for those of the same user, or too late',
  waitingHelp: 'Large or compressed bodies that wait for those of the same user',
}

/**
 * Resolves when the body of a request, of which `bytesRead` are in memory, may be parsed or refused. The work that
 * follows at once is the turn.
 */
export type TakeBodyTurn = (request: FastifyRequest, bytesRead: number) => Promise<void>

/**
 * Bounds the share of the event loop that the large bodies of one user take. They are parsed, validated and refused one
 * after the other. While other users are active, a pause follows each one, so that all of them take at most a quarter
 * of the time. Between two of them the event loop looks at the requests of other users in any case.
 * Requests without a user take no turn. Call before `registerJson`.
 */
export function registerBodyTurns(
  app: FastifyInstance,
  registry: Registry,
  limits: Partial<BodyTurnLimits> = {},
): TakeBodyTurn {
  const { otherUsersMs, ...turnLimits } = { ...defaults, ...limits }
  const users = createLatestUsers()
  const mustPause = (userId: string) => users.sinceOther(userId) < otherUsersMs
  const turns = createTurns({ ...turnLimits, mustPause })
  registerTurnMetrics(registry, metrics, turns)
  app.addHook('preParsing', ({ actor }, _reply, payload, done) => {
    if (actor) users.note(actor.id)
    done(null, payload)
  })
  app.addHook('preClose', (done) => {
    turns.close()
    done()
  })
  return async ({ actor, raw: { socket } }, bytesRead) => {
    if (!actor) return
    // The rest runs as a microtask in any case, and so does what follows.
    await (turns.take(actor.id) ? undefined : unlessClosed(socket, (signal) => turns.wait(actor.id, signal)))
    const beganAt = performance.now()
    let tookMs = 0
    // This runs when the body is parsed and validated, and refused or with its handler: none of them waits in between.
    process.nextTick(() => {
      tookMs = performance.now() - beganAt
    })
    setImmediate(() => turns.end(actor.id, tookMs + besideTurnMs(bytesRead)))
  }
}

/** Waits until the connection closes. @throws Problem when it has, or when the turn did not come in time */
async function unlessClosed(
  socket: FastifyRequest['raw']['socket'],
  wait: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if (socket.destroyed) throw closed
  const closing = new AbortController()
  const abort = () => closing.abort(closed)
  socket.once('close', abort)
  try {
    await wait(closing.signal)
  } catch (error) {
    throw error instanceof Overloaded ? tooMany : error
  } finally {
    socket.off('close', abort)
  }
}

// One for all: an error of each refusal would cost its stack trace.
const closed = new Problem('invalid-request', 'The connection was closed before the body was parsed.')
const tooMany = new Problem(
  'rate-limited',
  'The large bodies of a user are parsed one after the other. Wait for the responses to some.',
  { headers: { 'retry-after': '1' }, extra: { policy: 'large-bodies' } },
)

/** Remembers the latest request of two users: the last one, and the last of another user. */
function createLatestUsers() {
  let [last, other] = [
    { userId: '', at: Number.NEGATIVE_INFINITY },
    { userId: '', at: Number.NEGATIVE_INFINITY },
  ]
  return {
    note(userId: string): void {
      if (last.userId !== userId) [last, other] = [{ userId, at: 0 }, last]
      last.at = performance.now()
    },
    /** Returns the milliseconds since the latest request of any other user. */
    sinceOther: (userId: string): number => performance.now() - (last.userId === userId ? other : last).at,
  }
}
