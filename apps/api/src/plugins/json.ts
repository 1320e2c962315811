import type { FastifyInstance } from 'fastify'
import { invalidBody } from '../errors.ts'

/** Written as an escape only: raw, neither survives decoding and parsing. */
const suspicious = /\\u0000|\\ud[89a-f]/i
const maxDepth = 32

/** JSON bodies, plain or as a merge patch; what Postgres cannot hold is refused here. */
export function registerJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    (request, text: string, done) => {
      const look = suspicious.test(text) || text.length > 10_000
      void parse(request, text, (error, body) => (error || !look ? done(error, body) : refuseUnstorable(body, done)))
    },
  )
}

function refuseUnstorable(body: unknown, done: (error: Error | null, body?: unknown) => void): void {
  const pointer = findUnstorable(body, '', 0)
  if (pointer === undefined) done(null, body)
  else done(invalidBody([{ pointer, detail: 'holds a NUL character, half a surrogate pair, or is nested too deeply' }]))
}

/** The JSON pointer of the first value that Postgres would refuse. */
function findUnstorable(value: unknown, pointer: string, depth: number): string | undefined {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? pointer : undefined
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === maxDepth) return pointer
  for (const [key, inner] of Object.entries(value)) {
    const found = findUnstorable(key, `${pointer}/?`, depth) ?? findUnstorable(inner, `${pointer}/${key}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}
