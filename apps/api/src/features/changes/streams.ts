import { type AuthenticatedActor, Problem, unavailable, type Verifier } from '@goals-tasks/http'
import pLimit from 'p-limit'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { beginFollowing, type Sink, type StreamLimits, type StreamQuery } from './follow.ts'
import { type Hub, maxPerReader } from './hub.ts'
import { createSession, type Session, type SessionLimits } from './session.ts'

/** Reads of streams that run at a time in a process. */
const maxReads = 4

/** Why the service ends a stream. */
export type EndReason = 'token-expired' | 'stopping' | 'too-slow'

/** A sink whose connection the service can end. `onExpiring` asks the client for a new token, if it can send one. */
export type StreamSink = Sink & {
  onExpiring?: (expiresAtMs: number) => void
  end: (reason: EndReason) => void
}

type Stream = { transport: Transport; end: (reason: EndReason) => void }
export type Transport = 'event-stream' | 'socket'
type Opening = {
  transport: Transport
  token: string
  authenticated: AuthenticatedActor
  /** Returns the actor of a token. */
  actorOf: (authenticated: AuthenticatedActor) => Actor
  query: StreamQuery
  sink: StreamSink
  /** Aborts when the client closes the connection. */
  hangUp: AbortSignal
}

type Options = {
  deps: Pick<Deps, 'db' | 'apiKeys'>
  hub: Hub
  verify: Verifier
  onError: (err: unknown) => void
  limits?: Partial<StreamLimits & SessionLimits> | undefined
}

export type Streams = ReturnType<typeof createStreams>

/** Sends the feed to the connected clients of one process, on every transport. */
export function createStreams({ deps, hub, verify, onError, limits = {} }: Options) {
  const inTurn = pLimit(maxReads)
  const streams = new Set<Stream>()
  let isStopping = false

  /**
   * Opens a stream and sends its first message.
   * @throws Problem when the user or the process has too many connections, when the process stops, or when the feed
   * cannot be read
   */
  async function open({ transport, token, authenticated, actorOf, query, sink, hangUp }: Opening): Promise<Session> {
    if (isStopping) throw unavailable('The service is stopping. Send it again.')
    const listener = hub.admit(authenticated.id)
    if (typeof listener === 'string') throw tooMany(listener)
    const ended = new AbortController()
    const close = (): void => {
      session.close()
      stopListening()
      listener.close()
      streams.delete(stream)
      ended.abort()
    }
    const end = (reason: EndReason): void => {
      if (ended.signal.aborted) return
      close()
      sink.end(reason)
    }
    const session = createSession({
      ...{ verify, token, actor: authenticated, limits },
      onExpiring: (atMs) => sink.onExpiring?.(atMs),
      onExpired: () => end('token-expired'),
    })
    const stopListening = deps.apiKeys.onRefused((keyId) => {
      if (session.actor().keyId === keyId) end('token-expired')
    })
    const stream = { transport, end }
    streams.add(stream)
    hangUp.addEventListener('abort', close)
    try {
      const run = await beginFollowing({
        ...{ deps, listener, sink, query, inTurn, signal: ended.signal, onError, limits },
        actor: () => actorOf(session.actor()),
      })
      // The client may have hung up meanwhile.
      if (hangUp.aborted) close()
      void run().then((result) => result === 'slow' && end('too-slow'))
      return session
    } catch (error) {
      close()
      throw error
    }
  }

  return {
    open,
    /** Returns the number of open streams of a transport. */
    count: (transport: Transport): number => [...streams].filter((each) => each.transport === transport).length,
    /** Ends every stream. Clients go on from their cursors in another process. */
    close(): void {
      isStopping = true
      for (const { end } of streams) end('stopping')
    },
  }
}

const tooMany = (limit: 'per-reader' | 'total'): Problem =>
  limit === 'total'
    ? unavailable('The process has too many connections to the feed. Try again.')
    : new Problem(
        'rate-limited',
        `A user may have ${maxPerReader} connections to the feed of one process. Close another one.`,
        {
          headers: { 'retry-after': '10' },
          extra: { policy: 'connections' },
        },
      )
