import { type FieldError, invalidBody } from '../errors.ts'

const maxBytes = 16_384
const maxLevels = 8

/** What a schema cannot say cheaply: bounds on free-form JSON, and that no tag comes twice. @throws Problem 422 */
export function checkFreeForm({ metadata, tags }: { metadata: unknown; tags: readonly string[] }): void {
  const errors: FieldError[] = []
  if (levels(metadata) > maxLevels)
    errors.push({ pointer: '/metadata', detail: `is nested deeper than ${maxLevels} levels` })
  else if (Buffer.byteLength(JSON.stringify(metadata)) > maxBytes)
    errors.push({ pointer: '/metadata', detail: `is larger than ${maxBytes} bytes` })
  if (new Set(tags).size < tags.length) errors.push({ pointer: '/tags', detail: 'names a tag twice' })
  if (errors.length > 0) throw invalidBody(errors)
}

/** Nesting depth, counted no further than the limit. */
function levels(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > maxLevels) return depth
  return Object.values(value).reduce((deepest, inner) => Math.max(deepest, levels(inner, depth + 1)), depth + 1)
}
