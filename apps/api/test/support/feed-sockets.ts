import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import { WebSocket } from 'ws'
import type { TestApp } from './test-app.ts'
import { signToken } from './token.ts'

type Message = {
  type: string
  cursor?: string
  event?: { entityId: string }
  snapshot?: { cursor: string }
} & Record<string, unknown>
type OpenOptions = {
  userId?: string
  /** Null sends no token in the request. */
  token?: string | null
  /** Sends the token in the subprotocol, as a browser does. */
  inSubprotocol?: boolean
  protocols?: string[]
  origin?: string
  query?: Record<string, string>
}

/** Opens a socket to the feed. It closes with the test. */
export async function openFeedSocket(
  api: Pick<TestApp, 'listen'>,
  { userId = randomUUID(), token, inSubprotocol = false, protocols, origin, query = {} }: OpenOptions = {},
) {
  const credentials = token === undefined ? await signToken(userId, userScopes.join(' ')) : token
  const url = `${await api.listen()}/v1/changes/socket?${new URLSearchParams(query)}`
  const offered = protocols ?? ['goals-tasks.v1', ...(inSubprotocol ? [`bearer.${credentials}`] : [])]
  const headers = credentials === null || inSubprotocol ? {} : { authorization: `Bearer ${credentials}` }
  const socket = new WebSocket(url.replace('http:', 'ws:'), offered, { headers, ...(origin && { origin }) })
  const messages: Message[] = []
  let closed: { code: number; reason: string } | undefined
  let refused: number | undefined
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  socket.on('close', (code, reason) => {
    closed = { code, reason: String(reason) }
  })
  socket.on('unexpected-response', (_request, response) => {
    refused = response.statusCode
    socket.terminate()
  })
  // A refused or terminated socket emits an error as well.
  socket.on('error', () => undefined)
  cleanUp(async () => socket.terminate())
  await until(() => socket.readyState === socket.OPEN || refused !== undefined || closed !== undefined)
  const of = (type: string) => messages.filter((message) => message.type === type)
  return {
    socket,
    messages,
    of,
    refused: () => refused,
    changes: () => of('change').map(({ event }) => event?.entityId),
    lastCursor: () => messages.map(({ cursor, snapshot }) => snapshot?.cursor ?? cursor).findLast(Boolean) ?? '',
    waitFor: (type: string) => until(() => of(type).length > 0),
    send: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async closed() {
      if (!closed) await once(socket, 'close')
      return closed
    },
  }
}
