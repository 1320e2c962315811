import { type FieldError, invalidBody } from '../errors.ts'

const maxBytes = 16_384
const maxLevels = 8

/** Free-form JSON has no schema to bound it. @throws Problem 422 */
export function checkMetadata(metadata: unknown): void {
  const errors: FieldError[] = []
  if (levels(metadata) > maxLevels)
    errors.push({ pointer: '/metadata', detail: `is nested deeper than ${maxLevels} levels` })
  else if (Buffer.byteLength(JSON.stringify(metadata)) > maxBytes)
    errors.push({ pointer: '/metadata', detail: `is larger than ${maxBytes} bytes` })
  if (errors.length > 0) throw invalidBody(errors)
}

/** Nesting depth, counted no further than the limit. */
function levels(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > maxLevels) return depth
  return Math.max(depth + 1, ...Object.values(value).map((inner) => levels(inner, depth + 1)))
}
