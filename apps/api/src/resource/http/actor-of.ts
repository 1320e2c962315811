import { type AuthenticatedActor, traceparentOf } from '@goals-tasks/http'
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../actor.ts'

/** Returns the authenticated user of a request, with its correlation id, and its span or else the one in its header. */
export const actorOf = (request: FastifyRequest): Actor => withRequest(request, request.actor)

/** Returns the user of a token that replaces the one of the request. */
export function withRequest(request: FastifyRequest, authenticated: AuthenticatedActor): Actor {
  const traceparent = traceparentOf(request)
  const { id, admin, scopes, keyId } = authenticated
  const actor = { id, admin, scopes, ...(keyId && { via: keyId }), correlationId: request.id }
  return traceparent === undefined ? actor : { ...actor, traceparent }
}
