import { isUuid } from '@goals-tasks/config/uuid'
import {
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import { LRUCache } from 'lru-cache'
import type { AuthConfig } from './auth-config.ts'
import { unauthenticated, unavailable } from './problems.ts'

/** The user behind a request and what the token allows. `id` is a UUID in lower case; `expiresAtMs` is a Unix time. */
export type AuthenticatedActor = { id: string; admin: boolean; scopes: ReadonlySet<string>; expiresAtMs: number }
/**
 * Returns the actor of a token, without a promise when the token is cached.
 * @throws Problem `unauthenticated` for a bad token, `unavailable` when the keys cannot be fetched
 */
export type Verifier = (token: string) => AuthenticatedActor | Promise<AuthenticatedActor>

const maxCachedTokens = 10_000
/** Longest time for which a token stays cached. A withdrawn key stops working within this time. */
const maxCachedMs = 30_000

/** Creates a verifier for tokens of the configured key. It caches verified tokens, but never past their expiry. */
export function createVerifier(config: AuthConfig): Verifier {
  const verify = config.secret ? verifySecret(config, config.secret) : verifyRemote(config, config.jwksUrl ?? '')
  const cached = new LRUCache<string, AuthenticatedActor>({
    max: maxCachedTokens,
    ttl: maxCachedMs,
    ttlResolution: 100,
  })
  async function verifyAndCache(token: string): Promise<AuthenticatedActor> {
    const actor = toActor(await verify(token).catch((error: unknown) => refuse(error)), config)
    cached.set(token, actor, { ttl: Math.max(1, Math.min(maxCachedMs, actor.expiresAtMs - Date.now())) })
    return actor
  }
  return (token) => {
    const actor = cached.get(token)
    return actor && actor.expiresAtMs > Date.now() ? actor : verifyAndCache(token)
  }
}

function verifySecret(config: AuthConfig, secret: string) {
  const key = new TextEncoder().encode(secret)
  return async (token: string) => (await jwtVerify(token, key, verifyOptions(config, ['HS256']))).payload
}

function verifyRemote(config: AuthConfig, url: string) {
  const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(url))
  return async (token: string) =>
    (await jwtVerify(token, keys, verifyOptions(config, ['RS256', 'ES256', 'EdDSA']))).payload
}

/** Without `requiredClaims` a token that never expires would pass; without `audience` a token for another service. */
const verifyOptions = (config: AuthConfig, algorithms: string[]): JWTVerifyOptions => ({
  algorithms,
  requiredClaims: ['exp', 'sub'],
  clockTolerance: 5,
  ...(config.issuer ? { issuer: config.issuer } : {}),
  ...(config.audience ? { audience: config.audience } : {}),
})

function refuse(cause: unknown): never {
  // A failure to fetch the keys says nothing about the token.
  if (!(cause instanceof errors.JOSEError) || cause instanceof errors.JWKSTimeout)
    throw unavailable('The key server is unavailable.', cause)
  throw unauthenticated('The token is missing, malformed, expired or not for this service.', cause)
}

function toActor(payload: JWTPayload, config: AuthConfig): AuthenticatedActor {
  // A valid signature says nothing about the type of the subject.
  const id = String(payload.sub).toLowerCase()
  if (!isUuid(id)) throw unauthenticated("The token's subject is not a UUID.")
  const claim = payload[config.scopeClaim] ?? config.defaultScope ?? ''
  const scopes = new Set(Array.isArray(claim) ? claim.map(String) : String(claim).split(' ').filter(Boolean))
  return { id, admin: scopes.has('admin'), scopes, expiresAtMs: (payload.exp ?? 0) * 1_000 }
}
