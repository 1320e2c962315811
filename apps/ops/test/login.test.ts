import { expect, test } from 'vitest'
import { createSessions } from '../src/login/session.ts'
import { fromOurPage, operatorId, secret, signToken, startOps } from './support/start-ops.ts'

const { app } = await startOps()
const production = await startOps({ production: true })

const logIn = async (token: string, to = app, headers: Record<string, string> = fromOurPage) =>
  to.inject({ method: 'POST', url: '/ops/login', headers, payload: { token } })
const status = (cookie: string) => app.inject({ url: '/ops/status', headers: { cookie } })
const seal = (expiresAtMs: number, key = secret) =>
  createSessions(key).seal({ id: operatorId, admin: false, scopes: new Set(['ops']), expiresAtMs })

test('the login page runs its own script and nothing else', async () => {
  const page = await app.inject('/ops/login')
  expect(page.statusCode).toBe(200)
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toMatch(/^default-src 'none';.*script-src 'sha256-[^']+'/)
  expect(policy).not.toContain('unsafe')
  expect(page.headers['cache-control']).toBe('no-store')
})

test('a token with the scope ops buys a cookie that scripts and other sites cannot use', async () => {
  const answer = await logIn(await signToken('ops'))
  expect(answer.statusCode).toBe(204)
  const [cookie] = answer.cookies
  expect(cookie).toMatchObject({ name: 'ops_session', path: '/ops', httpOnly: true, sameSite: 'Strict' })
  expect(cookie).not.toHaveProperty('secure')
  const opened = await status(`ops_session=${cookie?.value}`)
  expect(opened.statusCode).toBe(200)
})

test('the cookie is for https alone in production', async () => {
  const answer = await logIn(await signToken('ops'), production.app)
  expect(answer.cookies[0]).toMatchObject({ secure: true, httpOnly: true })
})

test('a session lasts an hour at the most, and never longer than its token', async () => {
  const lasts = async (expires: string) => {
    const [cookie] = (await logIn(await signToken('ops', expires))).cookies
    return ((cookie?.expires?.getTime() ?? 0) - Date.now()) / 60_000
  }
  expect(await lasts('30 days')).toBeCloseTo(60, 0)
  expect(await lasts('10 minutes')).toBeCloseTo(10, 0)
})

test('a token that is expired, forged or no token at all is 401', async () => {
  expect((await logIn(await signToken('ops', '-1 minute'))).statusCode).toBe(401)
  expect((await logIn(`${await signToken('ops')}x`)).statusCode).toBe(401)
  expect((await logIn('nothing')).json()).toMatchObject({ code: 'unauthenticated' })
})

test('a token without the scope ops is 403; admin is enough', async () => {
  const refused = await logIn(await signToken('goals:read goals:write'))
  expect(refused.statusCode).toBe(403)
  expect(refused.cookies).toEqual([])
  expect((await logIn(await signToken('admin'))).statusCode).toBe(204)
})

test('a session that is over, forged, or a bare token is no session', async () => {
  const { value } = await seal(Date.now() + 60_000)
  expect((await status(`ops_session=${value}`)).statusCode).toBe(200)
  expect((await status(`ops_session=${(await seal(Date.now() - 60_000)).value}`)).statusCode).toBe(401)
  expect((await status(`ops_session=${(await seal(Date.now() + 60_000, 'another secret')).value}`)).statusCode).toBe(
    401,
  )
  expect((await status(`ops_session=${await signToken('ops')}`)).statusCode).toBe(401)
})

test('a session is no token', async () => {
  const { value } = await seal(Date.now() + 60_000)
  const answer = await app.inject({ url: '/ops/status', headers: { authorization: `Bearer ${value}` } })
  expect(answer.statusCode).toBe(401)
})

test('another site can log nobody in or out', async () => {
  const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  expect((await logIn(await signToken('ops'), app, elsewhere)).statusCode).toBe(403)
  expect((await app.inject({ method: 'POST', url: '/ops/logout', headers: elsewhere, payload: {} })).statusCode).toBe(
    403,
  )
})

test('logging out takes the cookie away', async () => {
  const answer = await app.inject({ method: 'POST', url: '/ops/logout', headers: fromOurPage, payload: {} })
  expect(answer.statusCode).toBe(204)
  expect(answer.cookies[0]).toMatchObject({ name: 'ops_session', value: '', path: '/ops' })
  expect(answer.cookies[0]?.expires?.getTime()).toBe(0)
})

test('the token goes in the body, never in the query', async () => {
  const answer = await app.inject({
    method: 'POST',
    url: `/ops/login?token=${await signToken('ops')}`,
    headers: fromOurPage,
  })
  expect(answer.statusCode).toBeGreaterThanOrEqual(400)
  expect(answer.cookies).toEqual([])
})
