import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errors, exportJWK, generateKeyPair, type JWTVerifyGetKey, SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { createVerificationKeys, KeyServerUnavailable } from './verification-keys.ts'
import { createVerifier } from './verifier.ts'

const sub = '0b0e6a4e-8a1f-4d0a-9c53-2f8d1f6f7a10'

async function makeKey(kid?: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const header = { alg: 'ES256', ...(kid && { kid }) }
  const sign = () =>
    new SignJWT({ scope: 'goals:read' })
      .setProtectedHeader(header)
      .setSubject(sub)
      .setExpirationTime('1h')
      .sign(privateKey)
  return { jwk: { ...(await exportJWK(publicKey)), ...(kid && { kid }) }, header, sign }
}
const known = await makeKey('known')
const unknown = await makeKey('unknown')

/** Starts a key server. The test may change its `answer`. It counts its requests. */
async function startKeyServer(...jwks: object[]) {
  const state = { answer: serve(...jwks), requests: 0 }
  const server = createServer((request, response) => {
    state.requests++
    state.answer(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => void server.close())
  return Object.assign(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` })
}
const serve =
  (...keys: object[]): RequestListener =>
  (_request, response) =>
    response.end(JSON.stringify({ keys }))

/** Selects the key for a token with this header. */
const select = async (keys: JWTVerifyGetKey, header: { alg: string }) => keys(header, { payload: '', signature: '' })

const outages: Record<string, RequestListener> = {
  'answers 503': (_request, response) => response.writeHead(503).end('{"error":"busy"}'),
  'answers HTML': (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  'answers another JSON document': (_request, response) => response.end('{"issuer":"x"}'),
  redirects: (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
  'closes the connection': (request) => request.socket.destroy(),
}
const verifierOf = (url: string) =>
  createVerifier({
    secret: undefined,
    jwksUrl: url,
    issuer: undefined,
    audience: undefined,
    scopeClaim: 'scope',
    defaultScope: undefined,
    emailClaim: undefined,
  })

test.for(Object.entries(outages))(
  'a token gets 503 with Retry-After, not 401, when the key server %s',
  async ([, answer]) => {
    const server = await startKeyServer()
    server.answer = answer
    const refused = await Promise.resolve(verifierOf(server.url)(await known.sign())).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'unavailable', headers: { 'retry-after': '2' } })
  },
)

test.for(Object.entries(outages))(
  'a token of a known key is accepted, and one of an unknown key gets 503, after the key server %s',
  async ([, answer]) => {
    const server = await startKeyServer(known.jwk)
    const keys = createVerificationKeys(server.url, { freshMs: 0, pauseMs: 0 })
    await select(keys, known.header)
    server.answer = answer
    await expect(select(keys, known.header)).resolves.toBeDefined()
    await expect(select(keys, unknown.header)).rejects.toBeInstanceOf(KeyServerUnavailable)
  },
)

test('a known key verifies no token when the key server has been away for too long', async () => {
  const server = await startKeyServer(known.jwk)
  const keys = createVerificationKeys(server.url, { freshMs: 0, trustedMs: 0, pauseMs: 0 })
  await select(keys, known.header).catch(() => undefined)
  server.answer = (_request, response) => response.writeHead(503).end()
  await expect(select(keys, known.header)).rejects.toBeInstanceOf(KeyServerUnavailable)
})

test('a failed fetch of the keys is not repeated before its pause is over', async () => {
  const server = await startKeyServer()
  server.answer = (_request, response) => response.writeHead(503).end()
  const keys = createVerificationKeys(server.url)
  for (let i = 0; i < 5; i++) await select(keys, known.header).catch(() => undefined)
  expect(server.requests).toBe(1)
})

test('a new key is found when its first token comes', async () => {
  const server = await startKeyServer(known.jwk)
  const keys = createVerificationKeys(server.url, { pauseMs: 0 })
  await select(keys, known.header)
  server.answer = serve(known.jwk, unknown.jwk)
  await expect(select(keys, unknown.header)).resolves.toBeDefined()
})

test('a token without kid is verified by any key of the set', async () => {
  const [first, second, foreign] = await Promise.all([makeKey(), makeKey(), makeKey()])
  const server = await startKeyServer(first.jwk, second.jwk)
  const verify = verifierOf(server.url)
  for (const key of [first, second]) expect(await verify(await key.sign())).toMatchObject({ id: sub })
  const refused = await Promise.resolve(verify(await foreign.sign())).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'unauthenticated' })
})

test('a key verifies no token when the key server has withdrawn it', async () => {
  const server = await startKeyServer(known.jwk)
  const keys = createVerificationKeys(server.url, { freshMs: 0, pauseMs: 0 })
  await select(keys, known.header)
  server.answer = serve(unknown.jwk)
  await expect(select(keys, known.header)).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey)
  await expect(select(keys, unknown.header)).resolves.toBeDefined()
})

const unknownHeader = (i: number) => ({ alg: 'ES256', kid: `unknown ${i}` })

test('tokens of unknown keys cause no fetch when the last one is younger than the pause', async () => {
  const server = await startKeyServer(known.jwk)
  const keys = createVerificationKeys(server.url)
  await select(keys, known.header)
  for (let i = 0; i < 100; i++)
    await expect(select(keys, unknownHeader(i))).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey)
  expect(server.requests).toBe(1)
})

test('tokens of unknown keys share one fetch when they come at once', async () => {
  const server = await startKeyServer(known.jwk)
  const keys = createVerificationKeys(server.url, { pauseMs: 0 })
  await select(keys, known.header)
  const flood = Array.from({ length: 100 }, (_, i) => select(keys, unknownHeader(i)))
  const outcomes = await Promise.allSettled(flood)
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(100)
  expect(server.requests).toBe(2)
})

test('tokens of ES256, RS256 and EdDSA are accepted, and those of other algorithms are not', async () => {
  const generated = await Promise.all(
    ['ES256', 'RS256', 'EdDSA', 'ES384', 'PS256'].map(async (alg) => ({
      alg,
      ...(await generateKeyPair(alg, { extractable: true })),
    })),
  )
  const jwks = await Promise.all(
    generated.map(async ({ alg, publicKey }) => ({ ...(await exportJWK(publicKey)), kid: alg, alg })),
  )
  const server = await startKeyServer(...jwks)
  const verify = verifierOf(server.url)
  const outcomes: Record<string, unknown> = {}
  for (const { alg, privateKey } of generated) {
    const token = new SignJWT({}).setProtectedHeader({ alg, kid: alg }).setSubject(sub).setExpirationTime('1h')
    outcomes[alg] = await Promise.resolve(verify(await token.sign(privateKey))).then(
      ({ id }) => id,
      ({ code }) => code,
    )
  }
  const refused = { ES384: 'unauthenticated', PS256: 'unauthenticated' }
  expect(outcomes).toEqual({ ES256: sub, RS256: sub, EdDSA: sub, ...refused })
})
