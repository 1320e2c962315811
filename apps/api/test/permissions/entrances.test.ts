import { userScopes } from '@goals-tasks/http'
import { expect } from 'vitest'
import { matrixActors } from '../../src/resource/http/access.ts'
import { operations, routes } from '../support/described-app.ts'
import type { TestApp } from '../support/test-app.ts'
import { signToken } from '../support/token.ts'
import { test } from './actors.ts'
import { cellsOf, matrix, publicRoutes, socketRoutes } from './matrix.ts'

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

test('the server has no entrance that is no route', async ({ api }) => {
  await api.listen()
  const { server } = api.app
  // Node passes a request to these listeners without the hooks that authenticate it.
  expect(server.listenerCount('upgrade') > 0).toBe(socketRoutes.length > 0)
  expect(server.listenerCount('connect')).toBe(0)
  for (const name of socketRoutes) expect([...Object.keys(matrix), ...publicRoutes]).toContain(name)
})
