import { Problem } from '../errors.ts'

/** Which versions a writer is content to overwrite. */
export type Precondition = { versions: readonly number[] | 'any'; required: boolean }

/** `If-Match` (strong tags only) or, failing that, the `version` of the body. */
export function parsePrecondition(
  ifMatch: string | undefined,
  options: { required: boolean; version?: number | undefined },
): Precondition {
  const { required, version } = options
  if (ifMatch === undefined)
    return { versions: version === undefined ? 'any' : [version], required: required && version === undefined }
  if (ifMatch.trim() === '*') return { versions: 'any', required: false }
  // A weak or foreign tag names no version, so nothing can match it.
  const versions = ifMatch.split(',').map((tag) => Number(/^\s*"(\d{1,9})"\s*$/.exec(tag)?.[1] ?? -1))
  return { versions, required: false }
}

/** @throws Problem 428 when nothing was said where something must be, 412 when the entity has moved on */
export function checkPrecondition(precondition: Precondition, current: { version: number; text: string }): void {
  if (precondition.required)
    throw new Problem(
      'precondition-required',
      'Send If-Match with the version that you read, or If-Match: * to overwrite whatever is there.',
    )
  if (precondition.versions === 'any' || precondition.versions.includes(current.version)) return
  throw new Problem('version-conflict', `It is at version ${current.version} now.`, {
    headers: { etag: etag(current.version) },
    extra: { currentVersion: current.version, current: JSON.parse(current.text) },
  })
}

/** The strong tag of a plain representation. */
export const etag = (version: number) => `"${version}"`
