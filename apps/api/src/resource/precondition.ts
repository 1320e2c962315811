import { prepareStatement } from '@goals-tasks/db'
import { changesBetween } from '@goals-tasks/events'
import { etag, Problem } from '@goals-tasks/http'
import { sql } from 'drizzle-orm'
import type { Deps } from '../deps.ts'

/**
 * The versions that a writer accepts to overwrite, and the ones that it does not (`except`). `lenient` also accepts
 * later changes of other fields.
 */
export type Precondition = {
  versions: readonly number[] | 'any'
  except: readonly number[]
  required: boolean
  lenient: boolean
}

/** Versions that no entity has: of a tag that we never issued, and of a weak tag. */
export const [foreignVersion, weakVersion] = [-1, -2]

/**
 * Checks that the writer has seen the stored version.
 * @param touches the fields that the writer changes
 * @returns whether the change is carried over to a version that the writer has not seen, as `lenient` allows
 * @throws Problem 428 when a precondition is required and missing, 412 when the entity has changed
 */
export async function checkPrecondition(
  { db }: Pick<Deps, 'db'>,
  precondition: Precondition,
  stored: { id: string; version: number; text: string },
  touches: readonly string[] | 'everything',
): Promise<boolean> {
  if (precondition.required)
    throw new Problem(
      'precondition-required',
      'Send If-Match with the version that you read, or If-Match: * to overwrite any version.',
    )
  if (precondition.except.includes(stored.version)) throw refuseKnown(stored.version)
  if (precondition.versions === 'any' || precondition.versions.includes(stored.version)) return false
  const current = JSON.parse(stored.text) as Record<string, unknown>
  const changedFields = await fieldsChangedSince(db, stored.id, Math.max(...precondition.versions), current)
  const conflictingFields =
    changedFields?.filter((field) => touches === 'everything' || touches.includes(field)) ?? null
  if (precondition.lenient && conflictingFields?.length === 0) return true
  throw new Problem('version-conflict', conflictDetail(precondition.versions, stored.version), {
    headers: { etag: etag(stored.version) },
    extra: { currentVersion: stored.version, changedFields, conflictingFields, current },
  })
}

/** A writer named a version in `If-None-Match`, and the entity has it. */
const refuseKnown = (version: number) =>
  new Problem('version-conflict', `If-None-Match names the current version, which is ${version}.`, {
    headers: { etag: etag(version) },
    extra: { currentVersion: version },
  })

function conflictDetail(versions: readonly number[], current: number): string {
  if (versions.includes(weakVersion))
    return (
      'A weak tag, as responses with include= and goal summaries have, names no version. ' +
      'Send the `version` instead.'
    )
  if (versions.includes(foreignVersion))
    return `This service never issued that tag. A proxy may have changed it. The current tag is ${etag(current)}.`
  return `The current version is ${current}.`
}

const stateAt = prepareStatement<{ state: Record<string, unknown> }>(
  'state_at_version',
  sql`select after::jsonb as state from events
      where aggregate_id = ${sql.placeholder('id')}::uuid
        and aggregate_version = ${sql.placeholder('version')}::int and ordinal = 0
      union all
      select after from goal_audit_log
      where goal_id = ${sql.placeholder('id')}::uuid and version = ${sql.placeholder('version')}::int
      union all
      select after from task_audit_log
      where task_id = ${sql.placeholder('id')}::uuid and version = ${sql.placeholder('version')}::int
      limit 1`,
)

/** Returns null when the entity never had that version, or its audit row is past the retention. */
async function fieldsChangedSince(db: Deps['db'], id: string, version: number, current: Record<string, unknown>) {
  const [then] = await stateAt(db, { id, version })
  if (!then) return null
  return Object.keys(changesBetween(then.state, current)).filter((field) => !['version', 'updatedAt'].includes(field))
}
