import { expect } from 'vitest'
import { bearer, sameOrigin, sessionOf, signToken } from './support/actors.ts'
import { test as base, type Ops, startOps } from './support/ops.ts'

const test = base.extend('statusWith', { scope: 'file' }, ({ ops }) => async (headers: Record<string, string>) => {
  const response = await ops.app.inject({ url: '/ops/status', headers })
  return response.statusCode
})

const logIn = ({ app }: Ops, token: string, headers: Record<string, string> = sameOrigin) =>
  app.inject({ method: 'POST', url: '/ops/login', headers, payload: { token } })
const logOut = ({ app }: Ops, headers: Record<string, string>) =>
  app.inject({ method: 'POST', url: '/ops/logout', headers, payload: {} })

test('the login page runs only its own script', async ({ ops }) => {
  const page = await ops.app.inject('/ops/login')
  expect(page.statusCode).toBe(200)
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toMatch(/^default-src 'none';.*script-src 'sha256-[^']+'/)
  expect(policy).not.toContain('unsafe')
  expect(page.headers['cache-control']).toBe('no-store')
})

test('the login page says where a token comes from, and offers Log out only to an operator who is logged in', async ({
  ops,
}) => {
  const bodyWith = async (headers: Record<string, string>) =>
    (await ops.app.inject({ url: '/ops/login', headers })).body
  const [without, expired, withSession] = await Promise.all([
    bodyWith({}),
    sessionOf({ expiresAtMs: Date.now() - 60_000 }).then(bodyWith),
    sessionOf().then(bodyWith),
  ])
  for (const page of [without, expired]) {
    expect(page).toContain('npm run token -- --sub')
    expect(page).not.toContain('>Log out<')
  }
  expect(withSession).toContain('>Log out<')
  expect(withSession).not.toContain('>Log in<')
})

test('a token with the scope ops gets a cookie that scripts and other sites cannot use', async ({
  ops,
  statusWith,
}) => {
  const response = await logIn(ops, await signToken('ops'))
  expect(response.statusCode).toBe(204)
  const [cookie] = response.cookies
  expect(cookie).toMatchObject({ name: 'ops_session', path: '/ops', httpOnly: true, sameSite: 'Strict' })
  expect(cookie).not.toHaveProperty('secure')
  expect(await statusWith({ cookie: `ops_session=${cookie?.value}` })).toBe(200)
})

test('the cookie is limited to HTTPS in production', async () => {
  const production = await startOps({ production: true })
  const response = await logIn(production, await signToken('ops'))
  expect(response.cookies[0]).toMatchObject({ secure: true, httpOnly: true })
})

const behindTls = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'ops.example' }

test('the cookie is limited to HTTPS when a trusted proxy received the login over TLS', async ({ ops }) => {
  const trusting = await startOps({ trustProxy: ['loopback'] })
  const headers = { ...sameOrigin, ...behindTls }
  expect((await logIn(trusting, await signToken('ops'), headers)).cookies[0]).toMatchObject({ secure: true })
  expect((await logIn(ops, await signToken('ops'), headers)).cookies[0]).not.toHaveProperty('secure')
})

test('a login is compared with X-Forwarded-Host when a trusted proxy changes Host', async ({ ops }) => {
  const trusting = await startOps({ trustProxy: ['loopback'] })
  const statusOf = async (app: Ops, headers: Record<string, string>) =>
    (await logIn(app, await signToken('ops'), { host: 'ops-internal:3001', ...headers })).statusCode
  const origin = 'https://ops.example'
  expect(await statusOf(trusting, { origin, ...behindTls })).toBe(204)
  expect(await statusOf(trusting, { origin, ...behindTls, 'x-forwarded-host': 'ops.example:443' })).toBe(204)
  expect(await statusOf(trusting, { ...behindTls, origin: 'https://evil.example' })).toBe(403)
  expect(await statusOf(ops, { origin, ...behindTls })).toBe(403)
})

test('a session lasts an hour at most and never longer than its token', async ({ ops }) => {
  const minutesOf = async (expires: string) => {
    const [cookie] = (await logIn(ops, await signToken('ops', expires))).cookies
    return ((cookie?.expires?.getTime() ?? 0) - Date.now()) / 60_000
  }
  expect(await minutesOf('30 days')).toBeCloseTo(60, 0)
  expect(await minutesOf('10 minutes')).toBeCloseTo(10, 0)
})

test('a login gets 401 when its token is expired, forged or malformed', async ({ ops }) => {
  expect((await logIn(ops, await signToken('ops', '-1 minute'))).statusCode).toBe(401)
  expect((await logIn(ops, `${await signToken('ops')}x`)).statusCode).toBe(401)
  expect((await logIn(ops, 'nothing')).json()).toMatchObject({ code: 'unauthenticated' })
})

test('a login gets 403 when its token has neither the scope ops nor admin', async ({ ops }) => {
  const refused = await logIn(ops, await signToken('goals:read goals:write'))
  expect(refused.statusCode).toBe(403)
  expect(refused.cookies).toEqual([])
  expect((await logIn(ops, await signToken('admin'))).statusCode).toBe(204)
})

test('a cookie gets 401 when its session is expired or forged, or when it is a token', async ({ statusWith }) => {
  expect(await statusWith(await sessionOf())).toBe(200)
  expect(await statusWith(await sessionOf({ expiresAtMs: Date.now() - 60_000 }))).toBe(401)
  expect(await statusWith(await sessionOf({ key: 'another secret' }))).toBe(401)
  expect(await statusWith({ cookie: `ops_session=${await signToken('ops')}` })).toBe(401)
})

test('a session gets 401 when it is sent as a token', async ({ statusWith }) => {
  const { cookie } = await sessionOf()
  expect(await statusWith(await bearer())).toBe(200)
  expect(await statusWith({ authorization: `Bearer ${cookie.replace('ops_session=', '')}` })).toBe(401)
})

test('a login and a logout get 403 when a page of another site sends them', async ({ ops }) => {
  const otherSite = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  expect((await logIn(ops, await signToken('ops'), otherSite)).statusCode).toBe(403)
  expect((await logOut(ops, otherSite)).statusCode).toBe(403)
})

test('a logout removes the cookie', async ({ ops }) => {
  const response = await logOut(ops, sameOrigin)
  expect(response.statusCode).toBe(204)
  expect(response.cookies[0]).toMatchObject({ name: 'ops_session', value: '', path: '/ops' })
  expect(response.cookies[0]?.expires?.getTime()).toBe(0)
})

test('a login is refused when the token is in the query', async ({ ops }) => {
  const url = `/ops/login?token=${await signToken('ops')}`
  const response = await ops.app.inject({ method: 'POST', url, headers: sameOrigin })
  expect(response.statusCode).toBeGreaterThanOrEqual(400)
  expect(response.cookies).toEqual([])
})
