import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The strong entity tag of a plain representation: its version in quotes. */
export const etag = (version: number) => `"${version}"`

/** The weak entity tag of any other body: a digest of its text. It names no version, so `If-Match` never matches it. */
export const viewTag = (text: string) => `W/"${hash('sha256', text, 'base64url').slice(0, 22)}"`

/**
 * Returns the tag as the service sent it. A proxy that compresses responses may add its coding to a tag: Apache sends
 * `"7-gzip"` for `"7"`.
 */
export const withoutCoding = (tag: string) => tag.replace(/(?:--?|;)(?:gzip|deflate|br|zstd)"$/, '"')

/** Sends `text` as JSON under `tag`, or 304 when `If-None-Match` names the tag. Tags are compared weakly (RFC 9110). */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, tag: string, text: string) {
  reply.header('etag', tag)
  // A proxy may add `W/`. The weak comparison ignores it.
  const bare = (item: string) => withoutCoding(item.trim().replace(/^W\//, ''))
  const known = request.headers['if-none-match']?.split(',').some((item) => ['*', bare(tag)].includes(bare(item)))
  return known ? reply.code(304).send() : reply.type('application/json; charset=utf-8').send(text)
}
