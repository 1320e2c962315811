import pino from 'pino'
import { expect } from 'vitest'
import { bearer, operatorId, sameOrigin, sessionOf } from './support/actors.ts'
import { test } from './support/dead-letters.ts'
import { startOps } from './support/ops.ts'

test('a change with a session cookie gets 403 when it comes from another origin', async ({ ops, deliveriesOf }) => {
  const session = await sessionOf()
  const { id } = await ops.createDeadLetter('sync')
  const replay = (headers: Record<string, string>) =>
    ops.app.inject({
      method: 'POST',
      url: `/ops/dead-letters/${id}/replay`,
      headers: { host: 'ops.example', ...session, ...headers },
    })
  expect((await replay({})).statusCode).toBe(403)
  expect((await replay({ origin: 'https://evil.example' })).statusCode).toBe(403)
  expect((await replay({ 'sec-fetch-site': 'same-site', origin: 'https://ops.example' })).statusCode).toBe(403)
  expect(await deliveriesOf('sync')).toEqual([])
  expect((await replay({ origin: 'https://ops.example' })).statusCode).toBe(200)
  const other = await ops.createDeadLetter('sync')
  const discarded = await ops.app.inject({
    method: 'DELETE',
    url: `/ops/dead-letters/${other.id}`,
    headers: { ...session, ...sameOrigin },
  })
  expect(discarded.statusCode).toBe(204)
})

test('every address gets 401 without a token and 403 without the scope ops', async ({ ops, send }) => {
  const { id } = await ops.createDeadLetter('sync')
  for (const [method, path] of [
    ['GET', ''],
    ['GET', `/${id}`],
    ['POST', `/${id}/replay`],
    ['POST', '/replay'],
    ['POST', '/discard'],
    ['GET', '/groups'],
    ['DELETE', `/${id}`],
  ] as const) {
    const url = `/ops/dead-letters${path}`
    expect((await ops.app.inject({ method, url })).statusCode).toBe(401)
    expect((await ops.app.inject({ method, url, headers: await bearer('tasks:write') })).statusCode).toBe(403)
  }
  expect((await send('GET', `/${id}`)).statusCode).toBe(200)
})

test('each replay and each discard logs the actor and the dead letter', async () => {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (text: string) => void lines.push(JSON.parse(text)) })
  const ops = await startOps({ log })
  const change = async (method: 'POST' | 'DELETE', path: string, payload?: object) =>
    ops.app.inject({
      method,
      url: `/ops/dead-letters/${path}`,
      headers: await bearer(),
      ...(payload ? { payload } : {}),
    })
  const [one, two, three, four] = [
    await ops.createDeadLetter('sync'),
    await ops.createDeadLetter('sync'),
    await ops.createDeadLetter('sync'),
    await ops.createDeadLetter('audit-log'),
  ]
  await change('POST', `${one.id}/replay`)
  await change('POST', 'replay', { consumer: 'sync' })
  await change('DELETE', four.id)
  const line = ({ id, eventId }: { id: string; eventId: string }, consumer: string, msg: string) =>
    expect.objectContaining({ actorId: operatorId, deadLetterId: id, eventId, consumer, msg })
  expect(lines.filter(({ deadLetterId }) => deadLetterId)).toEqual([
    line(one, 'sync', 'dead letter replayed'),
    line(two, 'sync', 'dead letter replayed'),
    line(three, 'sync', 'dead letter replayed'),
    line(four, 'audit-log', 'dead letter discarded'),
  ])
})
