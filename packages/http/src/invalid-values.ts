import { pointerSegment } from './json-pointer.ts'
import type { FieldError } from './problems.ts'

const maxDepth = 32

/**
 * Finds the first value that Postgres refuses, that a number cannot hold, or that could change a prototype. Without an
 * escape such as `\u0000` the texts of a body in UTF-8 are fine: JSON has no other way to write what Postgres refuses.
 */
export function findInvalidValue(body: unknown, hasEscapes: boolean): FieldError | undefined {
  const findTextError = hasEscapes ? textError : () => undefined
  return findIn(body, 0)

  function findIn(value: unknown, depth: number): FieldError | undefined {
    if (typeof value === 'string') return findTextError(value)
    if (typeof value === 'number') return numberError(value)
    if (typeof value !== 'object' || value === null) return undefined
    if (depth === maxDepth) return { pointer: '', detail: 'is nested too deeply' }
    return Array.isArray(value) ? findInItems(value, depth) : findInMembers(value as Record<string, unknown>, depth)
  }

  function findInItems(items: readonly unknown[], depth: number): FieldError | undefined {
    for (let i = 0; i < items.length; i++) {
      const found = findIn(items[i], depth + 1)
      if (found) return { ...found, pointer: `/${i}${found.pointer}` }
    }
  }

  function findInMembers(members: Record<string, unknown>, depth: number): FieldError | undefined {
    for (const name of Object.keys(members)) {
      const found = nameError(name, members[name]) ?? findTextError(name) ?? findIn(members[name], depth + 1)
      if (found) return { ...found, pointer: `/${pointerSegment(name)}${found.pointer}` }
    }
  }
}

function textError(text: string): FieldError | undefined {
  if (text.includes('\0')) return { pointer: '', detail: 'holds a NUL character' }
  return text.isWellFormed() ? undefined : { pointer: '', detail: 'holds half a surrogate pair' }
}

function numberError(value: number): FieldError | undefined {
  if (!Number.isFinite(value)) return { pointer: '', detail: 'is a number beyond every range' }
  // Beyond 2^53 a JavaScript number rounds: the stored number would differ from the sent one.
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? { pointer: '', detail: 'is an integer too large to be kept exactly: send it as a string' }
    : undefined
}

/** Refuses names that change a prototype when code copies them into an object. */
function nameError(name: string, value: unknown): FieldError | undefined {
  const poisons =
    name === '__proto__' ||
    (name === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype'))
  return poisons ? { pointer: '', detail: 'is a name that no member may have' } : undefined
}
