import type { AuthenticatedActor, Verifier } from '@goals-tasks/http'
import { bearerTokenOf, insufficientScope, tokenMissing } from '@goals-tasks/http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { requireSameOrigin } from './same-origin.ts'
import { type Sessions, sessionCookie } from './session.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Requires the scope `ops` on every route that is not `public`, by a token or by a session cookie. Redirects a browser
 * without either to the login page. Call before the first route and after the cookie plugin.
 */
export function registerAccess(
  app: FastifyInstance,
  { verify, sessions }: { verify: Verifier; sessions: Sessions },
): void {
  app.decorateRequest('actor')
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.public || request.is404) return
    const actor = await findActor(request)
    if (!actor && opensPage(request)) return toLogin(reply)
    if (!actor) throw tokenMissing('Send a token (Authorization: Bearer <token>) or log in at /ops/login.')
    request.actor = requireOpsScope(actor)
  })

  async function findActor(request: FastifyRequest): Promise<AuthenticatedActor | undefined> {
    const token = bearerTokenOf(request.headers)
    if (token !== undefined) return verify(token)
    const cookie = request.cookies[sessionCookie]
    const actor = cookie === undefined ? undefined : await sessions.open(cookie)
    // A browser adds the cookie to requests of any page, so a change needs a page of the same origin.
    if (actor && !safeMethods.has(request.method)) requireSameOrigin(request)
    return actor
  }
}

/** Returns the actor. @throws Problem 403 without the scope `ops` or `admin` */
export function requireOpsScope(actor: AuthenticatedActor): AuthenticatedActor {
  if (!actor.scopes.has('ops') && !actor.admin) throw insufficientScope('ops')
  return actor
}

/** Returns whether a browser opens this URL as a page. */
export const opensPage = (request: FastifyRequest) =>
  request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
const toLogin = (reply: FastifyReply) => reply.header('cache-control', 'no-store').redirect('/ops/login')
