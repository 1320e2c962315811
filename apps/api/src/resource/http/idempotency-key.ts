import { createHash } from 'node:crypto'
import { Problem } from '@goals-tasks/http'
import type { FastifyRequest } from 'fastify'
import type { KeyedRequest } from '../idempotency.ts'

/** Reads the `Idempotency-Key` of a request, if it has one. @throws Problem 400 when the key is malformed */
export function keyedRequestOf(request: FastifyRequest): KeyedRequest | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw new Problem('invalid-request', 'Idempotency-Key is 1 to 255 visible ASCII characters.')
  const route = `${request.method} ${request.routeOptions.url}`
  // The hash covers the ids of the path, and the scope `admin`: the response to an administrator may hold more than the
  // same user gets without that scope.
  const bodyHash = createHash('sha256')
    .update(JSON.stringify([request.params, request.body ?? {}, request.actor.admin]))
    .digest('base64url')
  return { actorId: request.actor.id, route, key, bodyHash }
}
