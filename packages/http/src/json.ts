import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type FieldError, invalidBody, Problem } from './problems.ts'

const maxDepth = 32

/** JSON bodies, plain or as a merge patch; no body is an empty one; what cannot be kept as it was sent is refused here. */
export function registerJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      if (bytes.length === 0) return undefined
      checkEncoding(request.headers)
      const body = parse(bytes)
      const error = body === null ? { pointer: '', detail: 'must be object' } : findUnfit(body, 0)
      if (error) throw invalidBody([error])
      return body
    },
  )
}

/** Nobody guesses: bytes in another encoding would be read as wrong letters, or not at all. */
function checkEncoding(headers: FastifyRequest['headers']): void {
  const coding = headers['content-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'identity')
    throw new Problem('unsupported-media-type', 'Send the body without a Content-Encoding.', {
      headers: { 'accept-encoding': 'identity' },
    })
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw new Problem('unsupported-media-type', 'Send the body in UTF-8.')
}

/** Checked first: decoding puts a replacement character wherever bytes are wrong, and says nothing. */
function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new Problem('invalid-json', 'The body is not valid UTF-8.')
  try {
    return JSON.parse(bytes.toString())
  } catch (cause) {
    throw new Problem('invalid-json', 'The body is not valid JSON.', { cause })
  }
}

/** The first value that Postgres would refuse, that a number here cannot hold, or that could pass for a part of the program. */
function findUnfit(value: unknown, depth: number): FieldError | undefined {
  if (typeof value === 'string') return unfitText(value)
  if (typeof value === 'number') return unfitNumber(value)
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === maxDepth) return { pointer: '', detail: 'is nested too deeply' }
  for (const [key, inner] of Object.entries(value)) {
    const found = unfitKey(key, inner) ?? findUnfit(inner, depth + 1)
    if (found) return { ...found, pointer: `/${pointerPart(key)}${found.pointer}` }
  }
  return undefined
}

function unfitText(text: string): FieldError | undefined {
  if (text.includes('\0')) return { pointer: '', detail: 'holds a NUL character' }
  return text.isWellFormed() ? undefined : { pointer: '', detail: 'holds half a surrogate pair' }
}

function unfitNumber(value: number): FieldError | undefined {
  if (!Number.isFinite(value)) return { pointer: '', detail: 'is a number beyond every range' }
  // Beyond 2^53 neighbours fall together: what would be kept is another number.
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? { pointer: '', detail: 'is an integer too large to be kept exactly: send it as a string' }
    : undefined
}

/** Keys that turn into parts of the program where somebody copies them carelessly. */
function unfitKey(key: string, value: unknown): FieldError | undefined {
  const poisons =
    key === '__proto__' ||
    (key === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype'))
  return poisons ? { pointer: '', detail: 'is a name that no member may have' } : unfitText(key)
}

const pointerPart = (key: string) => key.toWellFormed().replaceAll('\0', '').replaceAll('~', '~0').replaceAll('/', '~1')
