import websocket from '@fastify/websocket'
import {
  type AuthenticatedActor,
  forbidden,
  invalidRequest,
  Problem,
  type Scope,
  streamTokenOf,
  unavailable,
} from '@goals-tasks/http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import type { WebSocket } from 'ws'

/** The largest message of a client, in bytes. */
const maxPayload = 16 * 1024
/** Sockets that have sent no token yet. */
const maxWithoutToken = 1_000

type Credentials = { token: string; authenticated: AuthenticatedActor }

type SocketRoute = {
  url: string
  scope: Scope
  subprotocol: string
  query: TSchema
  /** Origins whose pages may open a socket. Pages of the service itself may, too. */
  origins: readonly string[]
  /** Called at once after the upgrade. Without credentials the first message has the token. */
  open: (socket: WebSocket, request: FastifyRequest, credentials: Credentials | undefined, hangUp: AbortSignal) => void
}

/** Adds an address that takes WebSocket connections. The route closes them before the server closes. */
export async function addSocketRoute(app: FastifyInstance, route: SocketRoute): Promise<void> {
  const { url, scope, subprotocol, query, open } = route
  await app.register(websocket, {
    options: { maxPayload, handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false) },
    preClose: (done) => done(),
    // The library has sent a close frame to a client that breaks the protocol.
    errorHandler: (err, socket, request) => {
      request.log.debug({ err }, 'a socket failed')
      socket.terminate()
    },
  })
  const withoutToken = new Set<WebSocket>()
  app.route({
    ...{ method: 'GET', url, exposeHeadRoute: false },
    config: { scope, upgrades: true },
    schema: { hide: true, querystring: query },
    onRequest: (request, _reply, done) => done(refusalOf(request, route, withoutToken.size)),
    // The library closes the connection of a refused request only when its own hook has run before.
    onResponse(request, _reply, done) {
      if (request.headers.upgrade !== undefined && !request.ws) request.raw.socket.end()
      done()
    },
    handler: () => {
      throw invalidRequest([{ pointer: '/upgrade', detail: 'must be websocket: this address takes WebSockets only' }])
    },
    wsHandler(socket, request) {
      const hangUp = new AbortController()
      socket.on('close', () => hangUp.abort())
      const token = streamTokenOf(request.headers)
      if (token === undefined) {
        withoutToken.add(socket)
        for (const event of ['message', 'close']) socket.once(event, () => withoutToken.delete(socket))
      }
      open(socket, request, token === undefined ? undefined : { token, authenticated: request.actor }, hangUp.signal)
    },
  })
}

function refusalOf(
  { headers, host }: FastifyRequest,
  { origins, subprotocol }: SocketRoute,
  withoutToken: number,
): Problem | undefined {
  const { origin, upgrade, 'sec-websocket-protocol': offered = '' } = headers
  // A browser sends the origin with every socket, and no rule of CORS protects one.
  if (origin !== undefined && !origins.includes(origin) && URL.parse(origin)?.host !== host)
    return forbidden('The Origin is not one of CORS_ORIGINS.')
  if (upgrade !== undefined && !offered.split(/\s*,\s*/).includes(subprotocol))
    return new Problem('invalid-request', `Offer the subprotocol ${subprotocol}.`)
  if (withoutToken >= maxWithoutToken && streamTokenOf(headers) === undefined)
    return unavailable('Too many connections have sent no token. Send it in the request, or try again.')
  return undefined
}
