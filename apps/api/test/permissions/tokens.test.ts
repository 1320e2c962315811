import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestTables } from '@goals-tasks/db/testing'
import type { AuthConfig } from '@goals-tasks/http'
import { createVerifier, userScopes } from '@goals-tasks/http'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import {
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  importPKCS8,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose'
import { expect } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { overwrite } from '../support/client.ts'
import type { TestApp } from '../support/test-app.ts'
import { auth, signToken } from '../support/token.ts'
import { type Actors, createFixture, test } from './actors.ts'
import { matrix } from './matrix.ts'
import { addressOf, send } from './request.ts'

/** Sends every request of the matrix with each of these tokens. Every answer is the refusal, and nothing changes. */
async function expectRefused(
  { api, actors, app = api.app }: { api: TestApp; actors: Actors; app?: TestApp['app'] },
  tokens: (scope: string) => Promise<Record<string, string | undefined>>,
  refusal: { statusCode: number; code: string },
) {
  const fixture = await createFixture(actors)
  const before = await digestTables(api.pool)
  for (const [name, { scope, body }] of Object.entries(matrix)) {
    const address = addressOf(name, { actors, fixture, actor: 'owner' })
    for (const [what, token] of Object.entries(await tokens(scope))) {
      const answer = await send(app, token, { ...address, body, headers: overwrite })
      expect({ statusCode: answer.statusCode, code: answer.json().code }, `${name} with ${what}`).toEqual(refusal)
    }
  }
  expect(await digestTables(api.pool)).toEqual(before)
}

test('a route needs its own scope, and accepts no other', async ({ api, actors }) => {
  const { id } = actors.owner
  const without = (scope: string) => userScopes.filter((each) => each !== scope)
  const names = (scope: string) => ({
    'no scope': '',
    'every other scope': without(scope).join(' '),
    'the scope of the ops process': 'ops',
    'names that are almost right': `Admin ADMIN admin,ops admin: ${scope}s ${scope.toUpperCase()} ${scope},x *`,
  })
  const tokens = async (scope: string) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(names(scope)).map(async ([what, scopes]) => [what, await signToken(id, scopes)] as const),
      ),
    )
  await expectRefused({ api, actors }, tokens, { statusCode: 403, code: 'insufficient-scope' })
})

type Claims = Record<string, unknown>
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Starts a second API on the same data that trusts other keys. */
function startTrusting({ deps }: TestApp, config: AuthConfig) {
  const options = { log: createLogger('api', 'silent'), registry: createRegistry(), corsOrigins: [], trustProxy: [] }
  return buildApp(deps, { ...options, verify: createVerifier(config) })
}

const statusOfRead = async (app: TestApp['app'], token: string) =>
  (await send(app, token, { method: 'GET', url: '/v1/goals' })).statusCode

const unauthenticated = { statusCode: 401, code: 'unauthenticated' }

test('a token is refused when it is missing, expired, endless, forged or for another API', async ({ api, actors }) => {
  const { id } = actors.owner
  const app = await startTrusting(api, { ...auth, issuer: 'https://issuer.example', audience: 'goals' })
  const secret = new TextEncoder().encode(auth.secret)
  const inAnHour = Math.floor(Date.now() / 1_000) + 3_600
  const good = { sub: id, scope: 'admin', iss: 'https://issuer.example', aud: 'goals', exp: inAnHour }
  const sign = (claims: Claims, key: Uint8Array = secret, header: JWTHeaderParameters = { alg: 'HS256' }) =>
    new SignJWT(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)))
      .setProtectedHeader(header)
      .sign(key)
  const [header = '', payload = '', signature = ''] = (await sign(good)).split('.')
  const tokens = {
    nothing: undefined,
    'an expired token': await sign({ ...good, exp: inAnHour - 3_700 }),
    'a token without expiry': await sign({ ...good, exp: undefined }),
    'a token that is not valid yet': await sign({ ...good, nbf: inAnHour }),
    'a token without a user': await sign({ ...good, sub: undefined }),
    'a user that is a number': await sign({ ...good, sub: 12_345 }),
    'a user that is not a UUID': await sign({ ...good, sub: `${id}'` }),
    'another audience': await sign({ ...good, aud: 'others' }),
    'no audience': await sign({ ...good, aud: undefined }),
    'another issuer': await sign({ ...good, iss: 'https://evil.example' }),
    'another key': await sign(good, new TextEncoder().encode('another-secret-of-32-characters!!')),
    'another algorithm': await sign(good, secret, { alg: 'HS384' }),
    'alg none and no signature': `${base64url({ alg: 'none' })}.${payload}.`,
    'alg none and the signature': `${base64url({ alg: 'none' })}.${payload}.${signature}`,
    'alg NONE': `${base64url({ alg: 'NONE' })}.${payload}.`,
    'other claims under the signature': `${header}.${base64url({ ...good, sub: randomUUID() })}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'an unknown critical extension': `${base64url({ alg: 'HS256', crit: ['x'], x: 1 })}.${payload}.${signature}`,
  }
  try {
    expect(await statusOfRead(app, await sign(good))).toBe(200)
    await expectRefused({ api, actors, app }, async () => tokens, unauthenticated)
  } finally {
    await app.close()
  }
})

test('a public key signs nothing, neither as a secret nor from the header of a token', async ({ api, actors }) => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const foreign = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg: 'RS256', kid: 'k1', use: 'sig' }
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const app = await startTrusting(api, {
    ...auth,
    secret: undefined,
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
  })
  const token = () => new SignJWT({ scope: 'admin' }).setSubject(actors.owner.id).setExpirationTime('1h')
  const bytes = (text: string) => new TextEncoder().encode(text)
  const confused = (secret: Uint8Array) => token().setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret)
  const foreignJwk = await exportJWK(foreign.publicKey)
  const jku = `http://127.0.0.1:${(server.address() as AddressInfo).port}/evil`
  const forged = {
    'the PEM as a secret': await confused(bytes(await exportSPKI(publicKey))),
    'the JWK as a secret': await confused(bytes(JSON.stringify(jwk))),
    'the modulus as a secret': await confused(Buffer.from(jwk.n ?? '', 'base64url')),
    'another key with the known id': await token()
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(foreign.privateKey),
    'a key from its own header': await token()
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', jwk: foreignJwk, jku })
      .sign(foreign.privateKey),
    'another algorithm of the same key': await token()
      .setProtectedHeader({ alg: 'PS256', kid: 'k1' })
      .sign(await importPKCS8(await exportPKCS8(privateKey), 'PS256')),
  }
  try {
    expect(
      await statusOfRead(app, await token().setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey)),
    ).toBe(200)
    await expectRefused({ api, actors, app }, async () => forged, unauthenticated)
  } finally {
    await app.close()
    server.close()
  }
})
