import { type Executor, prepareStatement } from '@goals-tasks/db'
import { changesBetween } from '@goals-tasks/events'
import { etag, Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { FastifyRequest } from 'fastify'

/** Which versions a writer is content to overwrite; `lenient` means others' changes of other fields as well. */
export type Precondition = { versions: readonly number[] | 'any'; required: boolean; lenient: boolean }

/** `If-Match` (strong tags only) or, failing that, the `version` of the body. @throws Problem 400 for what is no list of tags */
export function preconditionOf(
  { headers }: FastifyRequest,
  options: { required: boolean; version?: number | undefined } = { required: false },
): Precondition {
  const { required, version } = options
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

const [foreign, weak] = [-1, -2]

/** A weak tag, or one that we never gave, names no version: nothing matches it. */
function versionOf(tag: string): number {
  if (!/^(W\/)?"[\x21\x23-\x7e]*"$/.test(tag))
    throw new Problem(
      'invalid-request',
      `If-Match holds entity tags, like "7" with its quotes, or *: ${tag} is neither.`,
    )
  return tag.startsWith('W/') ? weak : Number(/^"([1-9]\d{0,8})"$/.exec(tag)?.[1] ?? foreign)
}

/**
 * @returns whether the change is to be carried over to a version that the writer has not seen, as `lenient` allows
 * @throws Problem 428 when nothing was said where something must be, 412 when the entity has moved on
 */
export async function checkPrecondition(
  on: Executor,
  precondition: Precondition,
  stored: { id: string; version: number; text: string },
  touches: readonly string[] | 'everything',
): Promise<boolean> {
  if (precondition.required)
    throw new Problem(
      'precondition-required',
      'Send If-Match with the version that you read, or If-Match: * to overwrite whatever is there.',
    )
  if (precondition.versions === 'any' || precondition.versions.includes(stored.version)) return false
  const current = JSON.parse(stored.text) as Record<string, unknown>
  const changedFields = await fieldsChangedSince(on, stored.id, Math.max(...precondition.versions), current)
  const conflictingFields =
    changedFields?.filter((field) => touches === 'everything' || touches.includes(field)) ?? null
  if (precondition.lenient && conflictingFields?.length === 0) return true
  const detail = precondition.versions.includes(weak)
    ? 'A weak tag, as answers with include= and headers of goals have, names no version: send the `version` of what you read.'
    : `It is at version ${stored.version} now.`
  throw new Problem('version-conflict', detail, {
    headers: { etag: etag(stored.version) },
    extra: { currentVersion: stored.version, changedFields, conflictingFields, current },
  })
}

const stateAt = prepareStatement<{ state: Record<string, unknown> }>(
  'state_at_version',
  sql`select after::jsonb as state from events
      where aggregate_id = ${sql.placeholder('id')}::uuid and aggregate_version = ${sql.placeholder('version')}::int and ordinal = 0
      union all
      select after from goal_audit_log where goal_id = ${sql.placeholder('id')}::uuid and version = ${sql.placeholder('version')}::int
      union all
      select after from task_audit_log where task_id = ${sql.placeholder('id')}::uuid and version = ${sql.placeholder('version')}::int
      limit 1`,
)

/** Null when it never was at that version. */
async function fieldsChangedSince(on: Executor, id: string, version: number, current: Record<string, unknown>) {
  const [then] = await stateAt(on, { id, version })
  if (!then) return null
  return Object.keys(changesBetween(then.state, current)).filter((field) => !['version', 'updatedAt'].includes(field))
}
