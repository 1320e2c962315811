import type { AuthenticatedActor } from '@goals-tasks/http'
import { traceHeaders } from '@goals-tasks/tracing'
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../actor.ts'

const traceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Returns the authenticated user of a request, with its correlation id, and its span or else the one in its header. */
export const actorOf = (request: FastifyRequest): Actor => withRequest(request, request.actor)

/** Returns the user of a token that replaces the one of the request. */
export function withRequest(request: FastifyRequest, authenticated: AuthenticatedActor): Actor {
  const trace = traceHeaders().traceparent ?? request.headers.traceparent
  const { id, admin, scopes, keyId } = authenticated
  const actor = { id, admin, scopes, ...(keyId && { via: keyId }), correlationId: request.id }
  return typeof trace === 'string' && traceparent.test(trace) ? { ...actor, traceparent: trace } : actor
}
