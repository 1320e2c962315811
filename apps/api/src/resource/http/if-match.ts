import { Problem, parseEntityTags, withoutCoding } from '@goals-tasks/http'
import type { FastifyRequest } from 'fastify'
import { foreignVersion, type Precondition, weakVersion } from '../precondition.ts'

/**
 * Reads the precondition of a write from `If-Match`, `If-None-Match` and the `version` of the body.
 * With `required`, a request that names no version gets 428.
 * @throws Problem 400 when a header is not a list of entity tags, or when `If-Match` contradicts `version`
 * @throws Problem 412 for `If-None-Match: *`, because the address of a write always has a representation
 */
export function preconditionOf(
  { headers }: FastifyRequest,
  { required, version }: { required: boolean; version?: number | undefined },
): Precondition {
  const lenient = /(^|[,;])\s*handling\s*=\s*"?lenient"?\s*($|[,;])/i.test([headers.prefer].flat().join(','))
  const matching = versionsOf('If-Match', headers['if-match'])
  const except = versionsOf('If-None-Match', headers['if-none-match']) ?? []
  if (except === 'any') throw new Problem('version-conflict', 'If-None-Match: * asks that nothing exists here yet.')
  checkContradiction(matching, version)
  const versions = matching ?? (version === undefined ? 'any' : [version])
  return { versions, except, required: required && matching === undefined && version === undefined, lenient }
}

/** Returns the versions that a header names, `any` for `*`, and undefined without the header. */
function versionsOf(name: string, header: string | undefined): number[] | 'any' | undefined {
  if (header === undefined) return undefined
  const tags = parseEntityTags(name, header)
  return tags === '*' ? 'any' : tags.map(versionOf)
}

/** Returns the version that a strong tag of ours names. Weak and foreign tags get a version that no entity has. */
function versionOf(tag: string): number {
  if (tag.startsWith('W/')) return weakVersion
  return Number(/^"([1-9]\d{0,8})"$/.exec(withoutCoding(tag))?.[1] ?? foreignVersion)
}

function checkContradiction(matching: number[] | 'any' | undefined, version: number | undefined): void {
  if (version === undefined || matching === undefined || matching === 'any' || matching.includes(version)) return
  throw new Problem('invalid-request', `If-Match and the version of the body, ${version}, name different versions.`)
}

/**
 * Checks the precondition of a write that creates, or that concerns something without a version. No version matches.
 * @throws Problem 412 when the request names a version
 */
export function requireNoVersion({ versions }: Precondition): void {
  if (versions !== 'any')
    throw new Problem('version-conflict', 'If-Match names a version, and this address has none. Leave the header out.')
}
