import { isUuid } from '@goals-tasks/config/uuid'
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { AuthConfig } from './auth-config.ts'
import { unauthenticated, unavailable } from './problems.ts'
import { createVerificationKeys } from './verification-keys.ts'

/**
 * The user behind a request and what the token or the API key allows. `id` is a UUID in lower case; `expiresAtMs` is a
 * Unix time.
 */
export type AuthenticatedActor = {
  id: string
  admin: boolean
  scopes: ReadonlySet<string>
  expiresAtMs: number
  /** The API key that the request has in place of a token. */
  keyId?: string
  /** The verified e-mail address in the token, in the claim that the configuration names. */
  email?: string
}
/**
 * Returns the actor of a token or an API key, without a promise when it is cached.
 * @throws Problem `unauthenticated` for a bad token, `unavailable` when the keys for it cannot be fetched
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
  const keys = createVerificationKeys(url)
  const options = verifyOptions(config, ['RS256', 'ES256', 'EdDSA'])
  return async (token: string): Promise<JWTPayload> => {
    try {
      return (await jwtVerify(token, keys, options)).payload
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) return verifyWithAny(token, error, options)
      throw error
    }
  }
}

/** Verifies a token without a `kid`: any key of the set that fits its algorithm may have signed it (RFC 7517, 4.5). */
async function verifyWithAny(token: string, matching: errors.JWKSMultipleMatchingKeys, options: JWTVerifyOptions) {
  for await (const key of matching) {
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
  }
  throw new errors.JWSSignatureVerificationFailed()
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
  // A failure to get or to read the keys says nothing about the token.
  if (!(cause instanceof errors.JOSEError))
    throw unavailable('The key server is unavailable, so the token cannot be checked. Try again.', cause)
  throw unauthenticated(reasonOf(cause), cause)
}

/** Returns why a token is refused. The claims are judged after the signature, so a forged token learns nothing. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired)
    return `The token expired at ${new Date((error.payload.exp ?? 0) * 1_000).toISOString()}. Request a new one.`
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.reason === 'missing'
      ? `The token lacks the claim ${error.claim}.`
      : `The claim ${error.claim} of the token is not valid here.`
  return 'The token is malformed, or no key of this service signed it.'
}

function toActor(payload: JWTPayload, config: AuthConfig): AuthenticatedActor {
  // A valid signature says nothing about the type of the subject.
  const id = typeof payload.sub === 'string' ? payload.sub.toLowerCase() : ''
  if (!isUuid(id)) throw unauthenticated("The token's subject is not a UUID.")
  const claim = payload[config.scopeClaim] ?? config.defaultScope ?? ''
  const scopes = new Set(Array.isArray(claim) ? claim.map(String) : String(claim).split(' ').filter(Boolean))
  const email = emailOf(payload, config)
  return {
    ...{ id, admin: scopes.has('admin'), scopes, expiresAtMs: (payload.exp ?? 0) * 1_000 },
    ...(email !== undefined && { email }),
  }
}

function emailOf(payload: JWTPayload, { emailClaim }: AuthConfig): string | undefined {
  const email = emailClaim === undefined ? undefined : payload[emailClaim]
  return typeof email === 'string' && payload.email_verified === true ? email : undefined
}
