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
  // The hash covers the ids of the path, the precondition, and the scope `admin`: the response to an administrator may
  // hold more than the same user gets without that scope.
  const params = request.params as Record<string, string>
  const bodyAndScope = [request.body ?? {}, request.actor.admin]
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
  const precondition = [ifMatch?.trim() ?? null, ifNoneMatch?.trim() ?? null]
  return {
    actorId: request.actor.id,
    route,
    key,
    bodyHash: sha256(JSON.stringify([lowerCaseValues(params), ...bodyAndScope, ...precondition], sortMembers)),
    formerHash: sha256(JSON.stringify([params, ...bodyAndScope])),
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

/** Returns the parameters of a path in one spelling: an id may come in either case. */
const lowerCaseValues = (params: Record<string, string>) =>
  Object.fromEntries(Object.entries(params).map(([name, id]) => [name, id.toLowerCase()]))

/** Sorts the members of each object for `JSON.stringify`: an object has no order (RFC 8259). */
function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
