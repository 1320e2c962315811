import { randomUUID } from 'node:crypto'
import { freshDatabase, freshRedis } from '@goals-tasks/devstack/testing'
import { userScopes } from '@goals-tasks/http'
import { expect, test } from 'vitest'
import { startApiProcess } from '../support/api-process.ts'
import { signToken } from '../support/token.ts'

test('the line of a request has the ids of its user and its API key, and never the token or the key', async () => {
  const place = { database: await freshDatabase(), redis: freshRedis() }
  const { process, url } = await startApiProcess(place, { LOG_LEVEL: 'debug' })
  const actorId = randomUUID()
  const token = await signToken(actorId, userScopes.join(' '))

  /** Sends a request, and returns its response and who made it according to its line. */
  async function send(credentials: string, path: string, body?: object) {
    const response = await fetch(url + path, {
      headers: { authorization: `Bearer ${credentials}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    const id = response.headers.get('x-request-id')
    const line = await process.waitForLog(({ msg, traceId }) => msg === 'request' && traceId === id)
    const { status, actorId, keyId } = line
    return { body: (await response.json()) as { id: string; key: string }, line: { status, actorId, keyId } }
  }

  const created = await send(token, '/v1/api-keys', { name: 'A program', scopes: ['goals:read'] })
  const { id: keyId, key } = created.body
  const lines = [
    created.line,
    (await send(token, '/v1/goals')).line,
    (await send(key, '/v1/goals')).line,
    (await send(key, '/v1/goals', { title: 'x' })).line,
    (await send(`${token}x`, '/v1/goals')).line,
    (await send(`${key.slice(0, -1)}x`, '/v1/goals')).line,
  ]
  expect(lines).toEqual([
    { status: 201, actorId },
    { status: 200, actorId },
    { status: 200, actorId, keyId },
    { status: 403, actorId, keyId },
    { status: 401 },
    { status: 401 },
  ])
  const [secret = key] = key.split('_').slice(-1)
  const output = process.stdout() + process.stderr()
  for (const text of [token, ...token.split('.'), key, secret]) expect(output.includes(text)).toBe(false)
})
