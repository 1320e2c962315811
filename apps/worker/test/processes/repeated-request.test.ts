import { randomUUID } from 'node:crypto'
import { startProcess, until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { jwtSecret } from '../support/processes/process-installation.ts'
import { test } from '../support/processes/test.ts'

async function tokenOf(userId: string): Promise<string> {
  const program = startProcess('apps/cli/src/main.ts', { AUTH_JWT_SECRET: jwtSecret }, ['token', '--sub', userId])
  await program.exit
  return program.stdout().trim()
}

test('a repeated request has one effect when an API was killed in the middle of it', async ({ installation }) => {
  const userId = randomUUID()
  const [first, token] = await Promise.all([installation.startApi(), tokenOf(userId)])
  const create = async (apiUrl: string, key: string) =>
    fetch(`${apiUrl}/v1/goals`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ title: key }),
    })
  const rows = (key: string) => installation.count(`goals where title = '${key}'`)

  // The first API dies with its transaction open: everything is written, nothing is committed.
  const holder = await installation.pool.connect()
  await holder.query('begin; lock table deliveries in exclusive mode')
  const unanswered = create(first.url, 'uncommitted').catch(() => 'no response')
  await until(async () => (await installation.countWaitingForLockOn('deliveries')) > 0)
  first.process.kill('SIGKILL')
  await first.process.exit
  expect(await unanswered).toBe('no response')
  await holder.query('rollback')
  holder.release()

  const second = await installation.startApi()
  const repeated = await create(second.url, 'uncommitted')
  expect(repeated.status).toBe(201)
  expect(await rows('uncommitted')).toBe(1)

  // The second API dies after the commit. Its response may or may not arrive.
  const perhaps = create(second.url, 'committed').catch(() => 'no response')
  await until(async () => (await rows('committed')) === 1)
  second.process.kill('SIGKILL')
  await Promise.all([perhaps, second.process.exit])
  const third = await installation.startApi()
  const responses = [await create(third.url, 'committed'), await create(third.url, 'committed')]
  const bodies = await Promise.all(responses.map((response) => response.text()))
  expect(responses.map((response) => [response.status, response.headers.get('idempotency-replayed')])).toEqual([
    [201, 'true'],
    [201, 'true'],
  ])
  expect(bodies[0]).toBe(bodies[1])
  expect(await rows('committed')).toBe(1)
  expect(await installation.count(`events where actor_id = '${userId}'`)).toBe(2)
})
