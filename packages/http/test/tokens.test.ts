import { KeyObject, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import { test as base, expect } from 'vitest'
import { registerAuth } from '../src/auth.ts'
import { registerProblems } from '../src/error-handler.ts'
import { createVerifier } from '../src/verifier.ts'

async function makeKey(alg: 'ES256' | 'EdDSA', kid: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' }
  return { publicKey, privateKey, jwk, header: { alg, kid }, pem: await exportSPKI(publicKey) }
}
const [ec, ed25519, foreign] = await Promise.all([
  makeKey('ES256', 'ec'),
  makeKey('EdDSA', 'ed25519'),
  makeKey('EdDSA', 'foreign'),
])
const trusted = { ec, ed25519 }

/** Returns a certificate of an Ed25519 key, which the key signs itself, as DER. */
function certify({ publicKey, privateKey }: typeof foreign): Buffer {
  const der = (tag: number, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts)
    return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x81, body.length]), body])
  }
  const algorithm = Buffer.from('300506032b6570', 'hex')
  const name = der(0x30)
  const times = der(0x30, ...['200101000000Z', '491231235959Z'].map((time) => der(0x17, Buffer.from(time))))
  const key = KeyObject.from(publicKey).export({ format: 'der', type: 'spki' })
  const content = der(0x30, der(2, Buffer.of(1)), algorithm, name, times, name, key)
  return der(0x30, content, algorithm, der(3, Buffer.of(0), sign(null, content, KeyObject.from(privateKey))))
}
const x5c = [certify(foreign).toString('base64')]
const answers: Record<string, string> = {
  '/keys': JSON.stringify({ keys: [ec.jwk, ed25519.jwk] }),
  '/foreign-keys': JSON.stringify({ keys: [foreign.jwk, { ...foreign.jwk, kid: ed25519.jwk.kid }] }),
  '/foreign-certificate': `-----BEGIN CERTIFICATE-----\n${x5c}\n-----END CERTIFICATE-----\n`,
}

const bytes = (text: string) => new TextEncoder().encode(text)
const token = (header: JWTHeaderParameters, key: CryptoKey | Uint8Array) =>
  new SignJWT({ scope: 'admin' }).setProtectedHeader(header).setSubject(randomUUID()).setExpirationTime('1h').sign(key)

/** A server whose verifier trusts two keys, and the addresses that were asked of the key server. */
// biome-ignore lint/correctness/noEmptyPattern: Vitest requires a destructuring pattern here.
const test = base.extend('service', { scope: 'file' }, async ({}, { onCleanup }) => {
  const asked = new Set<string>()
  const keyServer = createServer(({ url = '' }, response) => {
    asked.add(url)
    response.end(answers[url])
  })
  await once(keyServer.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}`
  const unused = { secret: undefined, issuer: undefined, audience: undefined, defaultScope: undefined }
  const verify = createVerifier({ ...unused, emailClaim: undefined, jwksUrl: `${url}/keys`, scopeClaim: 'scope' })
  const app = fastify()
  registerProblems(app)
  registerAuth(app, { verify })
  app.get('/', { config: { scope: 'goals:read' } }, async () => ({}))
  onCleanup(async () => {
    await app.close()
    keyServer.close()
  })
  const send = (bearer: string) => app.inject({ url: '/', headers: { authorization: `Bearer ${bearer}` } })
  for (const { header, privateKey } of [ec, ed25519])
    expect((await send(await token(header, privateKey))).statusCode).toBe(200)
  return {
    ...{ url, asked },
    async answerTo(bearer: string) {
      const answer = await send(bearer)
      return { status: answer.statusCode, code: answer.json().code }
    },
  }
})

const unauthenticated = { status: 401, code: 'unauthenticated' }

const introductions: Record<string, (url: string) => object> = {
  jwk: () => ({ jwk: foreign.jwk }),
  jku: (url) => ({ jku: `${url}/foreign-keys` }),
  x5c: () => ({ x5c }),
  x5u: (url) => ({ x5u: `${url}/foreign-certificate` }),
}
test.for(Object.keys(introductions).flatMap((name) => [foreign, ed25519].map(({ jwk }) => [name, jwk.kid] as const)))(
  'a token is refused, and nothing fetched, when its header brings a key as %s under the id %s',
  async ([name, kid], { service }) => {
    const header = { ...foreign.header, kid, ...introductions[name]?.(service.url) }
    expect(await service.answerTo(await token(header, foreign.privateKey))).toEqual(unauthenticated)
    expect([...service.asked]).toEqual(['/keys'])
  },
)

const secretsOf: Record<string, (key: typeof ec) => Uint8Array> = {
  'PEM text': ({ pem }) => bytes(pem),
  'PEM text with a last newline': ({ pem }) => bytes(`${pem}\n`),
  'JWK text': ({ jwk }) => bytes(JSON.stringify(jwk)),
  DER: ({ publicKey }) => KeyObject.from(publicKey).export({ format: 'der', type: 'spki' }),
  coordinate: ({ jwk }) => Buffer.from(jwk.x ?? '', 'base64url'),
}
test.for(
  Object.entries(trusted).flatMap(([name, key]) =>
    Object.entries(secretsOf).map(([form, secretOf]) => [name, form, key.jwk.kid, secretOf(key)] as const),
  ),
)('a token of HS256 is refused when its secret is the public %s key as %s', async ([, , kid, secret], { service }) => {
  expect(await service.answerTo(await token({ alg: 'HS256', kid }, secret))).toEqual(unauthenticated)
})
