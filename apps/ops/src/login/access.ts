import type { AuthenticatedActor, Verifier } from '@goals-tasks/http'
import { insufficientScope, tokenMissing } from '@goals-tasks/http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { requireSameOrigin } from './same-origin.ts'
import { type Sessions, sessionCookie } from './session.ts'

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Every route needs an operator, by token or by session cookie, unless its config says `public`. A browser without
 * either is sent to the login page.
 */
export function registerAccess(
  app: FastifyInstance,
  { verify, sessions }: { verify: Verifier; sessions: Sessions },
): void {
  app.decorateRequest('actor')
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.public || request.is404) return
    const actor = await identify(request)
    if (!actor && opensPage(request)) return toLogin(reply)
    if (!actor) throw tokenMissing('Send a token (Authorization: Bearer <token>) or log in at /ops/login.')
    request.actor = requireOperator(actor)
  })

  async function identify(request: FastifyRequest): Promise<AuthenticatedActor | undefined> {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ')
    if (scheme?.toLowerCase() === 'bearer' && token) return verify(token)
    const cookie = request.cookies[sessionCookie]
    const actor = cookie === undefined ? undefined : await sessions.open(cookie)
    // A token is sent on purpose; a cookie rides along with whatever a page makes the browser send.
    if (actor && !reading.has(request.method)) requireSameOrigin(request)
    return actor
  }
}

/** @throws Problem 403 */
export function requireOperator(actor: AuthenticatedActor): AuthenticatedActor {
  if (!actor.scopes.has('ops') && !actor.admin) throw insufficientScope('ops')
  return actor
}

const opensPage = (request: FastifyRequest) =>
  request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
const toLogin = (reply: FastifyReply) => reply.header('cache-control', 'no-store').redirect('/ops/login')
