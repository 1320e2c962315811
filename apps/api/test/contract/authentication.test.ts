import { randomUUID } from 'node:crypto'
import { createVerifier } from '@goals-tasks/http'
import { SignJWT } from 'jose'
import { expect } from 'vitest'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'
import { auth, signToken } from '../support/token.ts'

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const keyOf = (secret: string) => new TextEncoder().encode(secret)
const readWith = ({ app }: TestApp, authorization: string | undefined) =>
  app.inject({ url: '/v1/goals', headers: authorization === undefined ? {} : { authorization } })

/** A token whose claim `sub` is an array. The types of jose allow a string only. */
const listOfSubjects = (id: string) =>
  new SignJWT(JSON.parse(JSON.stringify({ sub: [id], scope: 'goals:read', exp: 4e9 }))).setProtectedHeader({
    alg: 'HS256',
  })

test('a token is accepted only when it is valid, unexpired, signed and of a user', async ({ api }) => {
  const id = randomUUID()
  expect((await readWith(api, `Bearer ${await signToken(id, 'goals:read')}`)).statusCode).toBe(200)
  const [key, otherKey] = [keyOf(auth.secret), keyOf('x'.repeat(32))]
  const token = () => new SignJWT({ scope: 'goals:read' }).setProtectedHeader({ alg: 'HS256' })
  const bad = {
    nothing: undefined,
    'another scheme': 'Basic YTpi',
    'no token': 'Bearer',
    gibberish: 'Bearer a.b.c',
    expired: `Bearer ${await signToken(id, 'goals:read', 1)}`,
    'no exp': `Bearer ${await token().setSubject(id).sign(key)}`,
    'no sub': `Bearer ${await token().setExpirationTime('1h').sign(key)}`,
    'a sub that is not a UUID': `Bearer ${await signToken('ada', 'goals:read')}`,
    'a list of subjects': `Bearer ${await listOfSubjects(id).sign(key)}`,
    'another key': `Bearer ${await token().setSubject(id).setExpirationTime('1h').sign(otherKey)}`,
    'alg none': `Bearer ${base64url({ alg: 'none' })}.${base64url({ sub: id, exp: 4e9, scope: 'goals:read' })}.`,
  }
  for (const [what, authorization] of Object.entries(bad)) {
    const response = await readWith(api, authorization)
    expect(response.statusCode, what).toBe(401)
    expect(response.headers['www-authenticate'], what).toContain('Bearer')
    expect(response.headers['cache-control'], what).toBe('no-store')
  }
})

test('a token does what its scopes say and no more', async ({ api }) => {
  const reader = await api.as(randomUUID(), 'goals:read')
  expect((await reader.get('/v1/goals')).status).toBe(200)
  expect(await reader.post('/v1/goals', { title: 'x' })).toMatchObject({
    status: 403,
    body: { code: 'insufficient-scope' },
    headers: { 'www-authenticate': expect.stringContaining('goals:write') },
  })
  expect((await reader.get('/v1/tasks')).status).toBe(403)
  expect((await (await api.as(randomUUID(), '')).get('/v1/goals')).status).toBe(403)
})

test('a documented route needs a token and names its scope', async ({ api }) => {
  const document = JSON.parse((await api.app.inject({ url: '/openapi.json' })).body) as {
    paths: Record<string, Record<string, { security?: object[]; operationId: string }>>
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  expect(operations.length).toBeGreaterThan(10)
  for (const { path, method, operation } of operations) {
    expect(operation.security?.[0], `${method} ${path}`).toEqual({ token: [expect.any(String)] })
    expect(operation.operationId, `${method} ${path}`).toBeTruthy()
    const url = path.replace(/\{\w+\}/g, randomUUID())
    expect((await api.app.inject({ method: method.toUpperCase() as 'GET', url })).statusCode, `${method} ${path}`).toBe(
      401,
    )
  }
})

test('a refused request learns what was wrong with its token only when it sent one', async ({ api }) => {
  for (const authorization of [undefined, 'Basic YTpi', 'Bearer'])
    expect((await readWith(api, authorization)).headers['www-authenticate'], authorization).toBe('Bearer')
  expect((await readWith(api, 'Bearer a.b.c')).headers['www-authenticate']).toBe('Bearer error="invalid_token"')
})

test('the problem about a token says why it is refused', async ({ api }) => {
  const id = randomUUID()
  const token = (claims: Record<string, unknown>) =>
    new SignJWT({ sub: id, scope: 'goals:read', exp: 4e9, ...claims }).setProtectedHeader({ alg: 'HS256' })
  const detailOf = async (jwt: string) => (await readWith(api, `Bearer ${jwt}`)).json().detail
  expect(await detailOf(await token({ exp: 1_000 }).sign(keyOf(auth.secret)))).toBe(
    'The token expired at 1970-01-01T00:16:40.000Z. Request a new one.',
  )
  expect(await detailOf(await token({ exp: undefined }).sign(keyOf(auth.secret)))).toBe(
    'The token lacks the claim exp.',
  )
  expect(await detailOf(await token({ nbf: 4e9 }).sign(keyOf(auth.secret)))).toBe(
    'The claim nbf of the token is not valid here.',
  )
  expect(await detailOf(await token({ exp: 1_000 }).sign(keyOf('x'.repeat(32))))).toBe(
    'The token is malformed, or no key of this service signed it.',
  )
})

test('a token is accepted after two spaces, and refused with 400 before a third word', async ({ api }) => {
  const token = await signToken(randomUUID(), 'goals:read')
  expect((await readWith(api, `Bearer  ${token}`)).statusCode).toBe(200)
  const refused = await readWith(api, `Bearer ${token} more`)
  expect(refused.json()).toMatchObject({ status: 400, code: 'invalid-request' })
  expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_request"')
})

test('the API is unavailable, and the token not invalid, when the keys cannot be fetched', async () => {
  const verify = createVerifier({ ...auth, secret: undefined, jwksUrl: 'http://127.0.0.1:9/keys' })
  const key = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256' })
    .setSubject(randomUUID())
    .setExpirationTime('1h')
    .sign(key.privateKey)
  await expect(verify(token)).rejects.toMatchObject({ code: 'unavailable' })
  await expect(verify('gibberish')).rejects.toMatchObject({ code: 'unauthenticated' })
})
