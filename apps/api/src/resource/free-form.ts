import { invalidBody } from '@goals-tasks/http'

const maxBytes = 16_384
const maxLevels = 8

/** Checks the bounds of metadata, which a schema cannot do cheaply. @throws Problem 422 */
export function checkFreeForm({ metadata }: { metadata: unknown }): void {
  const detail = findExcess(metadata)
  if (detail !== undefined) throw invalidBody([{ pointer: '/metadata', detail }])
}

function findExcess(metadata: unknown): string | undefined {
  if (levels(metadata) > maxLevels) return `is nested deeper than ${maxLevels} levels`
  const bytes = keptBytes(metadata)
  return bytes > maxBytes ? `must have at most ${maxBytes} bytes, not ${bytes}` : undefined
}

/** Returns the nesting depth, counted up to the limit. */
function levels(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > maxLevels) return depth
  return Object.values(value).reduce((deepest, inner) => Math.max(deepest, levels(inner, depth + 1)), depth + 1)
}

/** Returns the bytes of JSON as Postgres stores it: with every digit of a small number, 302 of them for 1e-300. */
function keptBytes(value: unknown): number {
  let zeros = 0
  const text = JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'number') zeros += Number(/e-(\d+)$/.exec(String(inner))?.[1] ?? 0)
    return inner
  })
  return Buffer.byteLength(text) + zeros
}
