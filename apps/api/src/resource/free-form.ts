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
  const text = JSON.stringify(value)
  // Most metadata has no small number, and a look at each value costs more than the text.
  return Buffer.byteLength(text) + (/\de-\d/.test(text) ? countZeros(value) : 0)
}

function countZeros(value: unknown): number {
  if (typeof value === 'number') return Number(/e-(\d+)$/.exec(String(value))?.[1] ?? 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((zeros: number, inner) => zeros + countZeros(inner), 0)
}
