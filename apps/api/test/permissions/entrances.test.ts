import { userScopes } from '@goals-tasks/http'
import { expect } from 'vitest'
import { matrixActors } from '../../src/resource/http/access.ts'
import { operations, routes } from '../support/described-app.ts'
import { openFeedSocket } from '../support/feed-sockets.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'
import { test } from './actors.ts'
import { cellsOf, matrix, socketRoutes } from './matrix.ts'

const streamRoutes = routes.filter(({ route }) => route.config?.streams).map(({ name }) => name)

/** Opens a stream, and closes it when its status is known. */
async function statusOfStream(api: TestApp, route: string, token?: string): Promise<number> {
  const hangUp = new AbortController()
  const { status } = await fetch(`${await api.listen()}${route.split(' ')[1]}`, {
    headers: { accept: 'text/event-stream', ...(token && { authorization: `Bearer ${token}` }) },
    signal: hangUp.signal,
  })
  hangUp.abort()
  return status
}

test('a route of the document that answers with a stream is a route of the matrix that streams', () => {
  const documented = operations
    .filter(({ responses }) =>
      Object.values(responses).some(({ content }) => content && Object.hasOwn(content, 'text/event-stream')),
    )
    .map(({ name }) => name.replace(/\{(\w+)\}/g, ':$1'))
  expect(documented.length).toBeGreaterThan(0)
  const fromMatrix = Object.keys(matrix).filter((name) => streamRoutes.includes(name))
  expect(fromMatrix).toEqual(documented)
})

test.for(streamRoutes.filter((name) => !name.startsWith('HEAD ')))(
  'the stream of %s has the access of its route for every actor',
  async (name, { api, actors }) => {
    const entry = matrix[name]
    if (!entry) throw new Error(`${name} is missing in the matrix`)
    const cells = cellsOf(entry, 'live')
    expect(cells).toHaveLength(matrixActors.length)
    for (const { actor, status } of cells)
      expect(await statusOfStream(api, name, actors[actor].token), actor).toBe(status)
    const others = userScopes.filter((scope) => scope !== entry.scope).join(' ')
    const { id } = actors.owner
    expect(await statusOfStream(api, name, await signToken(id, others))).toBe(403)
    expect(await statusOfStream(api, name, `${actors.owner.token}x`)).toBe(401)
    expect(await statusOfStream(api, name)).toBe(401)
  },
)

test('a route that takes sockets has the scope of a route of the matrix', () => {
  const upgrading = routes.filter(({ route }) => route.config?.upgrades)
  expect(upgrading.map(({ name }) => name)).toEqual(Object.keys(socketRoutes))
  for (const { name, route } of upgrading) expect(route.config?.scope).toBe(matrix[socketRoutes[name] ?? '']?.scope)
})

test('the handshake of the socket has the access of its route for every actor', async ({ api, actors }) => {
  const refusalOf = async (token: string) => (await openFeedSocket(api, { token })).refused()
  const entry = matrix['GET /v1/changes']
  if (!entry) throw new Error('the feed is missing in the matrix')
  for (const { actor, status } of cellsOf(entry, 'live'))
    expect((await refusalOf(actors[actor].token)) ?? 200, actor).toBe(status)
  const others = userScopes.filter((scope) => scope !== entry.scope).join(' ')
  expect(await refusalOf(await signToken(actors.owner.id, others))).toBe(403)
  expect(await refusalOf(`${actors.owner.token}x`)).toBe(401)
})

test('the server passes no connection past its routes', async ({ api }) => {
  await api.listen()
  const { server } = api.app
  // Node passes a request to these listeners without the hooks that authenticate it. The socket routes share one.
  expect(server.listeners('upgrade').length > 0).toBe(Object.keys(socketRoutes).length > 0)
  expect(server.listenerCount('connect')).toBe(0)
})
