import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { bearerTokenOf, streamTokenOf } from './bearer-token.ts'
import { forbidden, insufficientScope, Problem, tokenMissing } from './problems.ts'
import type { Scope } from './scopes.ts'
import type { AuthenticatedActor, Verifier } from './verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The user who makes the request. Set on every route that names a scope. */
    actor: AuthenticatedActor
  }
  interface FastifyContextConfig {
    /** The scope that a token needs for this route. A route has either this or `public`. */
    scope?: Scope
    public?: true
    /** The route refuses API keys. */
    tokenOnly?: true
    /**
     * The route takes WebSocket connections. Its token may also be in the subprotocol, or in the first message. In the
     * latter case the handler verifies it, and `actor` is not set.
     */
    upgrades?: true
  }
  interface FastifySchema {
    /** Leaves the route out of the OpenAPI document. */
    hide?: boolean
  }
}

export type AuthOptions = {
  verify: Verifier
  /**
   * Called before a request is refused because of its token: missing, bad, or not enough for the route. `actor` is set
   * when the token is good. Its error replaces the refusal. Not called when the token could not be verified.
   */
  beforeRefusal?: ((request: FastifyRequest, reply: FastifyReply) => Promise<void>) | undefined
}

/**
 * Requires a token with the scope of the route on every route that is not `public`. Call before the first route.
 * A route that names neither a scope nor `public` fails at registration.
 */
export function registerAuth(app: FastifyInstance, { verify, beforeRefusal }: AuthOptions): void {
  app.decorateRequest('actor')
  app.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.scope && !config?.public)
      throw new Error(`${String(method)} ${url} names neither a scope nor public: add config.scope to the route`)
  })
  app.addHook('onRequest', (request, reply, done) => {
    const { scope, tokenOnly, upgrades } = request.routeOptions.config
    if (!scope) return done()
    if (upgrades && request.headers.authorization === undefined && streamTokenOf(request.headers) === undefined)
      return done()
    const refuse = (refusal: Error): void => {
      if (!beforeRefusal || !isAboutToken(refusal)) done(refusal)
      else beforeRefusal(request, reply).then(() => done(refusal), done)
    }
    const admit = (actor: AuthenticatedActor): void => {
      request.actor = actor
      if (!actor.scopes.has(scope) && !actor.admin) refuse(insufficientScope(scope))
      else if (tokenOnly && actor.keyId) refuse(forbidden('This operation takes a token of the user, not an API key.'))
      else done()
    }
    const actor = identify(request, verify)
    if (actor instanceof Error) return refuse(actor)
    // Most tokens are cached. Admitting them at once saves a turn of the event loop.
    if (actor instanceof Promise) actor.then(admit, refuse)
    else admit(actor)
  })
}

/** An error of Postgres or of the key server is no fault of the client. */
const isAboutToken = (refusal: Error) => refusal instanceof Problem && refusal.code !== 'unavailable'

/** Returns the actor of a request, or the refusal of a missing or bad token. */
function identify({ headers, routeOptions }: FastifyRequest, verify: Verifier): ReturnType<Verifier> | Error {
  try {
    const token = routeOptions.config.upgrades ? streamTokenOf(headers) : bearerTokenOf(headers)
    return token === undefined ? tokenMissing('Send a token: Authorization: Bearer <token>.') : verify(token)
  } catch (refusal) {
    if (refusal instanceof Error) return refusal
    throw refusal
  }
}
