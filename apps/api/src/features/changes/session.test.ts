import { type AuthenticatedActor, Problem } from '@goals-tasks/http'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createSession } from './session.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

/** Returns an actor whose token ends after so many seconds. */
const actorFor = (seconds: number): AuthenticatedActor => ({
  ...{ id: 'ada', scopes: new Set(['tasks:read']), admin: false },
  expiresAtMs: seconds * 1_000,
})

/** Creates a session of a token, and notes what it reports, with the second of it. */
function start(seconds: number, verify = async (token: string) => actorFor(Number(token))) {
  const reports: [report: string, second: number][] = []
  const note = (report: string) => () => void reports.push([report, Date.now() / 1_000])
  const session = createSession({
    ...{ verify, token: String(seconds), actor: actorFor(seconds) },
    ...{ onExpiring: note('expiring'), onExpired: note('expired') },
  })
  return { session, reports }
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000)

test('a session asks once for a new token 30 s before the end of its token, and ends with it', async () => {
  const { reports } = start(300)
  await pass(1_000)
  expect(reports).toEqual([
    ['expiring', 270],
    ['expired', 300],
  ])
})

test('a session asks at once when its token ends in less than 30 s', async () => {
  const { reports } = start(10)
  await pass(100)
  expect(reports).toEqual([
    ['expiring', 0],
    ['expired', 10],
  ])
})

test('a renewed session goes on until the end of its new token', async () => {
  const { session, reports } = start(60)
  await pass(40)
  await session.renew('200')
  await pass(1_000)
  expect(reports).toEqual([
    ['expiring', 30],
    ['expiring', 170],
    ['expired', 200],
  ])
})

test('a session asks for no further token when it gets one that ends in less than 30 s', async () => {
  const { session, reports } = start(60)
  await pass(40)
  await session.renew('60')
  await pass(100)
  expect(reports).toEqual([
    ['expiring', 30],
    ['expired', 60],
  ])
})

test('a session ends within 15 s when its token is withdrawn', async () => {
  const withdrawn = () => Promise.reject(new Problem('unauthenticated', 'The key was revoked.'))
  const { reports } = start(3_600, withdrawn)
  await pass(31)
  expect(reports).toEqual([['expired', 15]])
})

test('a session goes on when its token cannot be verified, and ends on time', async () => {
  const { reports } = start(120, () => Promise.reject(new Error('the key server is away')))
  await pass(1_000)
  expect(reports.map(([report]) => report)).toEqual(['expiring', 'expired'])
})
