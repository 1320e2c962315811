import { bearerTokenOf, type Verifier } from '@goals-tasks/http'
import { Gauge, type Registry, throttled } from '@goals-tasks/observability'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { withRequest } from '../../resource/http/actor-of.ts'
import { streaming } from '../../resource/http/headers.ts'
import { createOperations, hangUpOf } from '../../resource/http/operations.ts'
import { nextPage, streamed, viewed } from '../../resource/http/responses.ts'
import { addSocketRoute } from '../../resource/http/sockets.ts'
import { changesAccess } from './access.ts'
import { createEventStream, eventStreamHeaders } from './event-stream.ts'
import type { StreamLimits } from './follow.ts'
import { createHub, type Hub, type SubscribeToHints } from './hub.ts'
import { cursorToWaitFrom, listChanges } from './list.ts'
import { ChangesPage, ChangesQuery, EventStream, SocketQuery } from './schemas.ts'
import type { SessionLimits } from './session.ts'
import { type ConversationLimits, converse, createSocketSink, subprotocol } from './socket.ts'
import { createStreams, type Streams } from './streams.ts'

/** The query for waiting connections runs up to four times a second. */
const reportEveryMs = 60_000

export type ChangesOptions = {
  verify: Verifier
  registry: Registry
  /** Origins whose pages may open a WebSocket. */
  corsOrigins: readonly string[]
  /** Listens to the hints of all processes. Default: no hint arrives, and Postgres is asked more often. */
  subscribeToHints?: SubscribeToHints
  /** Limits of the streams, for tests. */
  streamLimits?: Partial<StreamLimits & SessionLimits & ConversationLimits> | undefined
}

export const changesRoutes =
  (deps: Deps, options: ChangesOptions): FastifyPluginAsync =>
  async (app) => {
    const { query } = createOperations(app, deps, {
      ...{ tag: 'changes', read: 'tasks:read', write: 'tasks:write' },
    })
    const { hub, streams } = createConnections(app, deps, options)
    await addSocket(app, streams, options)

    query('/v1/changes', {
      ...{ id: 'listChanges', summary: 'Follow all changes' },
      description:
        'Lists the events of everything that you may see, from the cursor on. Keep `page.nextCursor` after each ' +
        'page: a request with it misses no event, however long you were away. An event can come twice, with the ' +
        'same `id`. The highest `version` of an entity wins. Events of goals also need the scope `goals:read`, and ' +
        'events of notifications `notifications:read`. With `Accept: text/event-stream` the response is a stream of ' +
        'server-sent events, which `Last-Event-ID` resumes.',
      access: { rule: changesAccess.anyone },
      headers: streaming,
      query: ChangesQuery,
      problems: ['cursor-mismatch', 'cursor-expired'],
      response: streamed(viewed('One page of the feed, or a stream.', ChangesPage, nextPage), EventStream),
      async wait(actor, { query }, signal) {
        const cursor = query.wait ? cursorToWaitFrom(actor, query) : undefined
        const listener = cursor && hub.admit(actor.id)
        // A request above a limit does not wait.
        if (cursor === undefined || typeof listener !== 'object') return
        await listener.wait({ cursor }, { ms: (query.wait ?? 0) * 1_000, signal, isUnread: true })
        listener.close()
      },
      stream: (request, reply, { query }) => openEventStream(streams, request, reply, query),
      run: (deps, actor, { query }) => listChanges(deps, actor, query),
    })
  }

/** Creates what the connections of this process share. Both end before the server closes. */
function createConnections(
  app: FastifyInstance,
  deps: Deps,
  { verify, registry, subscribeToHints, streamLimits }: ChangesOptions,
) {
  const onError = throttled(reportEveryMs, (err) =>
    app.log.warn({ err }, 'a query for the connections to the feed failed'),
  )
  const hub = createHub(deps.db, { ...(subscribeToHints && { subscribe: subscribeToHints }), onError })
  const streams = createStreams({ deps, hub, verify, onError, limits: streamLimits })
  registerConnections(registry, hub, streams)
  app.addHook('preClose', async () => {
    streams.close()
    await hub.close()
  })
  return { hub, streams }
}

function registerConnections(registry: Registry, hub: Hub, streams: Streams): void {
  new Gauge({
    name: 'gt_feed_connections',
    help: 'Open connections to the feed',
    ...{ labelNames: ['transport'], registers: [registry] },
    collect() {
      const [events, sockets] = [streams.count('event-stream'), streams.count('socket')]
      this.set({ transport: 'event-stream' }, events)
      this.set({ transport: 'socket' }, sockets)
      this.set({ transport: 'waiting' }, hub.count() - events - sockets)
    },
  })
}

async function openEventStream(
  streams: Streams,
  request: FastifyRequest,
  reply: FastifyReply,
  { cursor, types }: ChangesQuery,
): Promise<void> {
  const last = [request.headers['last-event-id']].flat()[0]
  const begin = (): void => {
    reply.hijack()
    for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...eventStreamHeaders }))
      if (value !== undefined) reply.raw.setHeader(name, value)
  }
  await streams.open({
    transport: 'event-stream',
    token: bearerTokenOf(request.headers) ?? '',
    authenticated: request.actor,
    actorOf: (authenticated) => withRequest(request, authenticated),
    query: { cursor: last || cursor, types },
    sink: createEventStream(reply.raw, begin),
    hangUp: hangUpOf(reply),
  })
}

const addSocket = (app: FastifyInstance, streams: Streams, options: ChangesOptions): Promise<void> =>
  addSocketRoute(app, {
    ...{ url: '/v1/changes/socket', scope: 'tasks:read', subprotocol, query: SocketQuery },
    origins: options.corsOrigins,
    open(socket, request, begin, hangUp) {
      const sink = createSocketSink(socket)
      const { cursor, types } = request.query as SocketQuery
      converse(socket, {
        ...{ verify: options.verify, begin, limits: options.streamLimits },
        open: (credentials) =>
          streams.open({
            ...credentials,
            transport: 'socket',
            actorOf: (authenticated) => withRequest(request, authenticated),
            query: { cursor, types },
            ...{ sink, hangUp },
          }),
      })
    },
  })
