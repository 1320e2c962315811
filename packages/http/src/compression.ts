import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { negotiate } from '@fastify/accept-negotiator'
import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify'
import { withCoding } from './tags.ts'

/** The content codings, the preferred one first. */
const codings = ['br', 'gzip'] as const
type Coding = (typeof codings)[number]

/** Smaller responses fit into one packet, with and without compression. */
const leastBytes = 1024
const compressible = /^(application\/([\w.-]+\+)?json|text\/(html|javascript))\b/

/**
 * Compresses texts of at least 1 KiB when the request accepts it. Call before the first route.
 * Streams are sent as they are. A strong entity tag gets the name of the coding (RFC 9110, section 8.8.3.3).
 * `@fastify/compress` does neither: it compresses event streams, and keeps the tag.
 */
export function registerCompression(app: FastifyInstance): void {
  app.addHook('onSend', compressResponse)
}

const compressResponse: onSendHookHandler = (request, reply, payload, done) => {
  if (varies(request, reply)) addVary(reply)
  const coding = codingOf(request)
  if (coding === undefined || !isCompressible(reply, payload)) return done(null, payload)
  compress(coding, payload, speed).then(
    (compressed) => {
      markCoding(reply, coding)
      done(null, compressed)
    },
    (error: Error) => done(error),
  )
}

/** Returns whether a cache must distinguish responses by the coding. Caches keep successful reads only. */
const varies = ({ method }: FastifyRequest, reply: FastifyReply): boolean =>
  (method === 'GET' || method === 'HEAD') && (reply.statusCode === 304 || (reply.statusCode < 300 && isText(reply)))

function addVary(reply: FastifyReply): void {
  const others = reply.getHeader('vary')
  reply.header('vary', others === undefined ? 'Accept-Encoding' : `${others}, Accept-Encoding`)
}

const isText = (reply: FastifyReply): boolean => compressible.test(String(reply.getHeader('content-type') ?? ''))

const isCompressible = (reply: FastifyReply, payload: unknown): payload is string =>
  typeof payload === 'string' &&
  Buffer.byteLength(payload) >= leastBytes &&
  !reply.hasHeader('content-encoding') &&
  isText(reply)

/** Returns the coding that the request prefers, or undefined for none. */
export function codingOf({ headers }: FastifyRequest): Coding | undefined {
  const accepted = headers['accept-encoding']
  if (accepted === undefined) return undefined
  const chosen = negotiate(String(accepted).toLowerCase(), [...codings, 'identity'])
  return codings.find((coding) => coding === chosen)
}

/** Names the coding in `Content-Encoding` and in the entity tag. */
export function markCoding(reply: FastifyReply, coding: Coding): void {
  reply.header('content-encoding', coding)
  const tag = reply.getHeader('etag')
  if (typeof tag === 'string') reply.header('etag', withCoding(tag, coding))
}

/** Levels of brotli and gzip. */
type Effort = Record<Coding, number>
/** For a response that is compressed once per request. */
const speed: Effort = { br: 4, gzip: 6 }
/** For a text that is compressed once per process. */
export const density: Effort = { br: 9, gzip: 9 }

/** Compresses a text on another thread. */
export const compress = (coding: Coding, text: string, effort: Effort): Promise<Buffer> =>
  coding === 'br'
    ? brotli(text, { params: { [constants.BROTLI_PARAM_QUALITY]: effort.br } })
    : zip(text, { level: effort.gzip })

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)
