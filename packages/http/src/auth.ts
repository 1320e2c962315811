import type { FastifyInstance } from 'fastify'
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
import { insufficientScope, tokenMissing, unauthenticated, unavailable } from './problems.ts'
import type { Scope } from './scopes.ts'

/** Who makes the request, and what the token allows. */
export type AuthenticatedActor = { id: string; admin: boolean; scopes: ReadonlySet<string>; expiresAtMs: number }
/** At once for a token that is known. @throws Problem `unauthenticated` */
export type Verifier = (token: string) => AuthenticatedActor | Promise<AuthenticatedActor>

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that names a scope. */
    actor: AuthenticatedActor
  }
  interface FastifyContextConfig {
    /** What a token needs for this route; a route has either this or `public`. */
    scope?: Scope
    public?: true
  }
  interface FastifySchema {
    /** Leaves the route out of the OpenAPI document. */
    hide?: boolean
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const maxCachedTokens = 10_000
/** A key that was withdrawn stops working this long after it at the latest. */
const maxTrustMs = 30_000

/** Verifies tokens with the configured key; a token that was verified is trusted again for a while, never past its expiry. */
export function createVerifier(config: AuthConfig): Verifier {
  const verify = config.secret ? verifySecret(config, config.secret) : verifyRemote(config, config.jwksUrl ?? '')
  const known = new LRUCache<string, AuthenticatedActor>({ max: maxCachedTokens, ttl: maxTrustMs, ttlResolution: 100 })
  async function learn(token: string): Promise<AuthenticatedActor> {
    const fresh = toActor(await verify(token).catch((error: unknown) => refuse(error)), config)
    known.set(token, fresh, { ttl: Math.max(1, Math.min(maxTrustMs, fresh.expiresAtMs - Date.now())) })
    return fresh
  }
  return (token) => {
    const actor = known.get(token)
    return actor && actor.expiresAtMs > Date.now() ? actor : learn(token)
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

/** Without `requiredClaims` a token that never expires would pass, without `audience` anybody else's. */
const verifyOptions = (config: AuthConfig, algorithms: string[]): JWTVerifyOptions => ({
  algorithms,
  requiredClaims: ['exp', 'sub'],
  clockTolerance: 5,
  ...(config.issuer ? { issuer: config.issuer } : {}),
  ...(config.audience ? { audience: config.audience } : {}),
})

function refuse(cause: unknown): never {
  // The keys could not be fetched: that says nothing about the token.
  if (!(cause instanceof errors.JOSEError) || cause instanceof errors.JWKSTimeout)
    throw unavailable('The key server is away.', cause)
  throw unauthenticated('The token is missing, malformed, expired or not for this service.', cause)
}

function toActor(payload: JWTPayload, config: AuthConfig): AuthenticatedActor {
  // Signed is not yet sane: a subject may be of any type.
  const id = String(payload.sub).toLowerCase()
  if (!uuid.test(id)) throw unauthenticated("The token's subject is not a UUID.")
  const claim = payload[config.scopeClaim] ?? config.defaultScope ?? ''
  const scopes = new Set(Array.isArray(claim) ? claim.map(String) : String(claim).split(' ').filter(Boolean))
  return { id, admin: scopes.has('admin'), scopes, expiresAtMs: (payload.exp ?? 0) * 1_000 }
}

/** Every route needs a token with its scope, unless it says `public`; a route that says neither does not start. */
export function registerAuth(app: FastifyInstance, verify: Verifier): void {
  app.decorateRequest('actor')
  app.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.scope && !config?.public)
      throw new Error(`${String(method)} ${url} names neither a scope nor public: add config.scope to the route`)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const { scope } = request.routeOptions.config
    if (!scope) return done()
    const admit = (actor: AuthenticatedActor): void => {
      request.actor = actor
      done(actor.scopes.has(scope) || actor.admin ? undefined : insufficientScope(scope))
    }
    const [scheme, token] = (request.headers.authorization ?? '').split(' ')
    if (scheme?.toLowerCase() !== 'bearer' || !token)
      return done(tokenMissing('Send a token: Authorization: Bearer <token>.'))
    const actor = verify(token)
    // A known token, which is nearly every one, costs no turn of the event loop.
    if (actor instanceof Promise) actor.then(admit, done)
    else admit(actor)
  })
}
