import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ParseError, parse as parseTolerantly } from 'jsonc-parser'
import { pointerSegment } from './json-pointer.ts'
import { type FieldError, invalidBody, Problem, unsupportedMediaType } from './problems.ts'

const maxDepth = 32

/**
 * Parses JSON bodies and merge patches, and replaces all other body parsers. An empty body is undefined under every
 * content type and transfer coding. A route without a body schema takes an empty body or `{}`.
 * Refuses a value that Postgres or a JavaScript number cannot hold exactly.
 */
export function registerJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    // Fastify would refuse the unknown content type of a body that does not exist.
    if (headers['content-type'] !== undefined && hasNoBody(headers)) headers['content-type'] = undefined
    done()
  })
  // A chunked body turns out to be empty only when it is read.
  const addParser = (type: string, parseBody: (request: FastifyRequest, bytes: Buffer) => unknown) =>
    app.addContentTypeParser(type, { parseAs: 'buffer' }, async (request: FastifyRequest, bytes: Buffer) =>
      isIgnored(request, bytes) ? undefined : parseBody(request, bytes),
    )
  addParser('application/json', read)
  addParser('application/merge-patch+json', (request, bytes) =>
    request.method === 'PATCH' ? read(request, bytes) : refuseType(),
  )
  addParser('*', refuseType)
}

function refuseType(): never {
  throw unsupportedMediaType()
}

const hasNoBody = (headers: IncomingHttpHeaders) =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0

/** The body of a request to an unknown address is not judged: the request gets 404. */
const isIgnored = (request: FastifyRequest, bytes: Buffer) => bytes.length === 0 || request.is404

function read(request: FastifyRequest, bytes: Buffer): unknown {
  checkEncoding(request.headers)
  const body = parse(bytes)
  const error = findBodyError(request, body)
  if (error) throw invalidBody([error])
  return body
}

function findBodyError({ routeOptions }: FastifyRequest, body: unknown): FieldError | undefined {
  if (body === null) return { pointer: '', detail: 'must be an object, not null' }
  if (routeOptions.schema?.body === undefined && !isEmptyObject(body))
    return { pointer: '', detail: 'must be empty or {}: this operation takes no fields' }
  return findInvalid(body, 0)
}

const isEmptyObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0

/** Refuses every encoding but UTF-8: guessing an encoding would corrupt text. */
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

/** Checks the bytes before decoding, because decoding silently replaces invalid bytes. */
function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new Problem('invalid-json', 'The body is not valid UTF-8.')
  if (bytes.indexOf(byteOrderMark) === 0)
    throw new Problem('invalid-json', 'The body begins with a byte order mark (BOM). Send UTF-8 without it.')
  const text = bytes.toString()
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Problem('invalid-json', `The body is not valid JSON${findSyntaxError(text)}.`, { cause })
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Returns the place of the first error, as ` at line 1, column 9`. `JSON.parse` names it for some errors only. */
function findSyntaxError(text: string): string {
  const errors: ParseError[] = []
  try {
    parseTolerantly(text, errors, { disallowComments: true, allowTrailingComma: false })
  } catch (error) {
    // The parser is recursive, unlike `JSON.parse`.
    if (error instanceof RangeError) return ', and is nested too deeply'
    throw error
  }
  const before = text.slice(0, errors[0]?.offset).split('\n')
  return ` at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
}

/** Finds the first value that Postgres refuses, that a number cannot hold, or that could change a prototype. */
function findInvalid(value: unknown, depth: number): FieldError | undefined {
  if (typeof value === 'string') return textError(value)
  if (typeof value === 'number') return numberError(value)
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === maxDepth) return { pointer: '', detail: 'is nested too deeply' }
  for (const [key, inner] of Object.entries(value)) {
    const found = keyError(key, inner) ?? findInvalid(inner, depth + 1)
    if (found) return { ...found, pointer: `/${pointerSegment(key)}${found.pointer}` }
  }
  return undefined
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

/** Refuses keys that change a prototype when code copies them into an object. */
function keyError(key: string, value: unknown): FieldError | undefined {
  const poisons =
    key === '__proto__' ||
    (key === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype'))
  return poisons ? { pointer: '', detail: 'is a name that no member may have' } : textError(key)
}
