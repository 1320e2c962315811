import { type AuthenticatedActor, insufficientScope, Problem, type Verifier } from '@goals-tasks/http'
import type { WebSocket } from 'ws'
import type { FeedMessage } from './follow.ts'
import type { EndReason, StreamSink } from './streams.ts'

export const subprotocol = 'goals-tasks.v1'

/** Close codes. The codes above 4000 are our own, and name the status of the same refusal over HTTP. */
const codes = {
  invalidMessage: 1008,
  internal: 1011,
  stopping: 1012,
  tryAgainLater: 1013,
  unauthenticated: 4401,
  insufficientScope: 4403,
  tooMany: 4429,
} as const

/** A peer that does not answer the close is cut off after this time. */
const closeTimeoutMs = 2_000
/** A close frame has room for so many bytes of a reason. */
const maxReasonBytes = 123

/** Closes a socket with a code and a reason, and cuts it off when the peer does not answer. */
function close(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, Buffer.byteLength(reason) <= maxReasonBytes ? reason : '')
  setTimeout(() => socket.terminate(), closeTimeoutMs).unref()
}

/** Sends a feed as messages on a WebSocket. */
export function createSocketSink(socket: WebSocket): StreamSink {
  let cursor = ''
  let isAlive = true
  socket.on('pong', () => {
    isAlive = true
  })

  /** A peer that has vanished without a word answers no ping between two heartbeats. */
  function checkPeer(): void {
    if (isAlive) socket.ping()
    else socket.terminate()
    isAlive = false
  }

  const send = (message: string): void => {
    if (socket.readyState === socket.OPEN) socket.send(message)
  }

  return {
    send(message) {
      cursor = cursorOf(message) ?? cursor
      send(textOf(message))
      if (message.type === 'heartbeat') checkPeer()
    },
    unsentBytes: () => socket.bufferedAmount,
    onExpiring: (atMs) => send(JSON.stringify({ type: 'expiring', expiresAt: new Date(atMs).toISOString() })),
    end(reason: EndReason) {
      send(JSON.stringify({ type: 'end', reason, cursor }))
      if (reason === 'token-expired') close(socket, codes.unauthenticated, reason)
      else if (reason === 'stopping') close(socket, codes.stopping, reason)
      else close(socket, codes.tryAgainLater, cursor)
    },
  }
}

const cursorOf = (message: FeedMessage): string | undefined =>
  message.type === 'lagging' ? undefined : message.type === 'reset' ? message.snapshot.cursor : message.cursor

/** The JSON of an event comes from Postgres and is not parsed. */
const textOf = (message: FeedMessage): string =>
  message.type === 'change'
    ? `{"type":"change","cursor":"${message.cursor}","event":${message.text}}`
    : JSON.stringify(message)

type Opening = {
  verify: Verifier
  /** The token of the request, and its actor. Without them the first message has the token. */
  begin: { token: string; authenticated: AuthenticatedActor } | undefined
  open: (given: { token: string; authenticated: AuthenticatedActor }) => Promise<Renewable>
  limits?: Partial<ConversationLimits> | undefined
}
type Renewable = { renew: (token: string) => Promise<void>; actor: () => AuthenticatedActor }

export type ConversationLimits = typeof defaultLimits
const defaultLimits = {
  /** The time for a first message with a token. */
  firstMessageMs: 10_000,
  /** Messages of a client per minute. */
  messagesPerMinute: 20,
}

/**
 * Opens a stream for a socket when its token is known, and renews it with each later one. Call at once after the
 * upgrade, so that no message is missed.
 */
export function converse(socket: WebSocket, { verify, begin, open, limits }: Opening): void {
  const { firstMessageMs, messagesPerMinute } = { ...defaultLimits, ...limits }
  let session: Renewable | undefined
  let count = 0
  const refuse = (error: unknown): void => {
    const { code, message } = refusalOf(error)
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ type: 'error', detail: message }))
    close(socket, code, message)
  }
  const late = begin
    ? undefined
    : setTimeout(() => refuse(new Problem('unauthenticated', 'Send {"auth": token} first.')), firstMessageMs)

  async function start(given: NonNullable<Opening['begin']>): Promise<void> {
    requireScope(given.authenticated)
    session = await open(given)
  }

  async function authenticate(token: string): Promise<void> {
    clearTimeout(late)
    if (!session) return start({ token, authenticated: await verify(token) })
    await session.renew(token)
    requireScope(session.actor())
    socket.send(JSON.stringify({ type: 'renewed', expiresAt: new Date(session.actor().expiresAtMs).toISOString() }))
  }

  let turn = begin ? start(begin).catch(refuse) : Promise.resolve()
  const reset = setInterval(() => (count = 0), 60_000)
  socket.on('message', (data) => {
    count++
    if (count > messagesPerMinute) return refuse(new InvalidMessage(`Send at most ${messagesPerMinute} per minute.`))
    turn = turn.then(() => authenticate(tokenOf(String(data)))).catch(refuse)
  })
  socket.on('close', () => {
    clearTimeout(late)
    clearInterval(reset)
  })
}

class InvalidMessage extends Error {}

function tokenOf(text: string): string {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch (cause) {
    throw new InvalidMessage('A message is JSON: {"auth": token}.', { cause })
  }
  const { auth } = Object(message) as { auth?: unknown }
  if (typeof auth !== 'string') throw new InvalidMessage('A message has the form {"auth": token}.')
  return auth
}

function requireScope({ scopes, admin }: AuthenticatedActor): void {
  if (!admin && !scopes.has('tasks:read')) throw insufficientScope('tasks:read')
}

function refusalOf(error: unknown): { code: number; message: string } {
  if (error instanceof InvalidMessage) return { code: codes.invalidMessage, message: error.message }
  if (!(error instanceof Problem)) return { code: codes.tryAgainLater, message: 'The feed is unavailable. Try again.' }
  return { code: closeCodes[error.code] ?? codes.internal, message: error.message }
}

const closeCodes: Partial<Record<Problem['code'], number>> = {
  unauthenticated: codes.unauthenticated,
  'insufficient-scope': codes.insufficientScope,
  'rate-limited': codes.tooMany,
  unavailable: codes.tryAgainLater,
}
