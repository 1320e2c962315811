import type { FastifyInstance } from 'fastify'
import { invalidBody } from '../errors.ts'

const maxDepth = 32

/** JSON bodies, plain or as a merge patch; no body is an empty one; what Postgres cannot hold is refused here. */
export function registerJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    (request, text: string, done) => {
      if (text === '') done(null, undefined)
      else void parse(request, text, (error, body) => (error ? done(error) : refuseUnstorable(body, done)))
    },
  )
}

function refuseUnstorable(body: unknown, done: (error: Error | null, body?: unknown) => void): void {
  const pointer = findUnstorable(body, 0)
  if (body === null) done(invalidBody([{ pointer: '', detail: 'must be object' }]))
  else if (pointer === undefined) done(null, body)
  else done(invalidBody([{ pointer, detail: 'holds a NUL character, half a surrogate pair, or is nested too deeply' }]))
}

/** The JSON pointer of the first value that Postgres would refuse. */
function findUnstorable(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? '' : undefined
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === maxDepth) return ''
  for (const [key, inner] of Object.entries(value)) {
    const found = findUnstorable(key, depth) ?? findUnstorable(inner, depth + 1)
    if (found !== undefined) return `/${key.toWellFormed().replaceAll('\0', '')}${found}`
  }
  return undefined
}
