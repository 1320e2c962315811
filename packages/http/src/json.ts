import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ParseError, parse as parseTolerantly } from 'jsonc-parser'
import type { TakeBodyTurn } from './body-turns.ts'
import { noRoute } from './error-handler.ts'
import { findInvalidValue } from './invalid-values.ts'
import { sizeOfJson } from './json-size.ts'
import { type FieldError, invalidBody, Problem, unsupportedMediaType } from './problems.ts'

/** A body above this size takes a turn. Few bodies of a usual client do. */
const largeBytes = 16 * 1024
/** More than any valid body has: 16 KiB of metadata have at most 8,192 values. */
const maxValues = 10_000
/** The parser that finds the place of an error is recursive. */
const maxParsedDepth = 500

/**
 * Parses JSON bodies and merge patches, and replaces all other body parsers. An empty body is undefined under every
 * content type and transfer coding. A route without a body schema takes an empty body or `{}`.
 * Refuses a value that Postgres or a JavaScript number cannot hold exactly. Refuses a body with a content coding, or to
 * an unknown address, before it is read, and one with too many values before it is parsed. A large or encoded body
 * takes a turn first.
 */
export function registerJson(app: FastifyInstance, takeTurn: TakeBodyTurn): void {
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    // Fastify would refuse the unknown content type of a body that does not exist.
    if (headers['content-type'] !== undefined && hasNoBody(headers)) headers['content-type'] = undefined
    done()
  })
  app.addHook('preParsing', (request, _reply, payload, done) => {
    if (request.is404 && !hasNoBody(request.headers)) done(noRoute(request))
    else if (hasCoding(request)) takeTurn(request, 0).then(() => done(contentCoding), done)
    else done(null, payload)
  })
  // A chunked body turns out to be empty only when it is read.
  const addParser = (type: string, parseBody: (request: FastifyRequest, bytes: Buffer) => unknown) =>
    app.addContentTypeParser(type, { parseAs: 'buffer' }, async (request: FastifyRequest, bytes: Buffer) => {
      if (bytes.length > largeBytes) await takeTurn(request, bytes.length)
      return bytes.length === 0 ? undefined : parseBody(request, bytes)
    })
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

function read(request: FastifyRequest, bytes: Buffer): unknown {
  checkCharset(request.headers)
  // Two bytes per value are the shortest JSON.
  if (bytes.length > 2 * maxValues && sizeOfJson(bytes, maxValues).values > maxValues)
    throw invalidBody([{ pointer: '', detail: `has more than ${maxValues} values` }])
  const body = parse(bytes)
  const error = findBodyError(request, body) ?? findInvalidValue(body, bytes.includes('\\u'))
  if (error) throw invalidBody([error])
  return body
}

function findBodyError({ routeOptions }: FastifyRequest, body: unknown): FieldError | undefined {
  if (body === null) return { pointer: '', detail: 'must be an object, not null' }
  if (routeOptions.schema?.body === undefined && !isEmptyObject(body))
    return { pointer: '', detail: 'must be empty or {}: this operation takes no fields' }
}

const isEmptyObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0

// One for all: an error of each refusal would cost its stack trace.
const contentCoding = new Problem('unsupported-media-type', 'Send the body without a Content-Encoding.', {
  headers: { 'accept-encoding': 'identity' },
})

/** Returns whether the body of a request is compressed or otherwise encoded. A GET has no body that counts. */
const hasCoding = ({ headers, method }: FastifyRequest): boolean => {
  const coding = headers['content-encoding']
  if (coding === undefined || coding.toLowerCase() === 'identity') return false
  return method !== 'GET' && method !== 'HEAD' && !hasNoBody(headers)
}

/** Refuses every charset but UTF-8: guessing one would corrupt text. */
function checkCharset(headers: FastifyRequest['headers']): void {
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
    throw new Problem('invalid-json', `The body is not valid JSON${findSyntaxError(bytes, text)}.`, { cause })
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Returns the place of the first error, as ` at line 1, column 9`. `JSON.parse` names it for some errors only. */
function findSyntaxError(bytes: Buffer, text: string): string {
  const tooDeep = ', and is nested too deeply'
  if (sizeOfJson(bytes).depth > maxParsedDepth) return tooDeep
  const errors: ParseError[] = []
  try {
    parseTolerantly(text, errors, { disallowComments: true, allowTrailingComma: false })
  } catch (error) {
    // It continues behind an error, where the brackets may be those of a text.
    if (error instanceof RangeError) return tooDeep
    throw error
  }
  const before = text.slice(0, errors[0]?.offset).split('\n')
  return ` at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
}
