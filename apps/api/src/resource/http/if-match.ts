import { Problem, withoutCoding } from '@goals-tasks/http'
import type { FastifyRequest } from 'fastify'
import { foreignVersion, type Precondition, weakVersion } from '../precondition.ts'

/**
 * Reads the precondition of a write from `If-Match` or, without one, from the `version` of the body.
 * With `required`, a request without either gets 428.
 * @throws Problem 400 when `If-Match` is not a list of entity tags
 */
export function preconditionOf(
  { headers }: FastifyRequest,
  { required, version }: { required: boolean; version?: number | undefined },
): Precondition {
  const lenient = /(^|[,;])\s*handling\s*=\s*"?lenient"?\s*($|[,;])/i.test([headers.prefer].flat().join(','))
  const ifMatch = headers['if-match']?.trim()
  if (ifMatch === undefined)
    return {
      versions: version === undefined ? 'any' : [version],
      required: required && version === undefined,
      lenient,
    }
  if (ifMatch === '*') return { versions: 'any', required: false, lenient }
  return { versions: ifMatch.split(',').map((tag) => versionOf(tag.trim())), required: false, lenient }
}

/** Returns the version that a strong tag of ours names. Weak and foreign tags get a version that no entity has. */
function versionOf(tag: string): number {
  if (!/^(W\/)?"[\x21\x23-\x7e]*"$/.test(tag))
    throw new Problem(
      'invalid-request',
      `If-Match takes entity tags such as "7" with its quotes, or *. ${tag} is not an entity tag.`,
    )
  if (tag.startsWith('W/')) return weakVersion
  return Number(/^"([1-9]\d{0,8})"$/.exec(withoutCoding(tag))?.[1] ?? foreignVersion)
}
