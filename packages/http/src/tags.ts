import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from './problems.ts'

/** The strong entity tag of a plain representation: its version in quotes. */
export const etag = (version: number) => `"${version}"`

/** Returns the digest of a text by which entity tags and addresses name it. */
export const digestOf = (text: string) => hash('sha256', text, 'base64url').slice(0, 22)

/** The weak entity tag of any other body: a digest of its text. It names no version, so `If-Match` never matches it. */
export const viewTag = (text: string) => `W/"${digestOf(text)}"`

/**
 * Returns the tag as the service sent it. A proxy that compresses responses may add its coding to a tag: Apache sends
 * `"7-gzip"` for `"7"`.
 */
export const withoutCoding = (tag: string) => tag.replace(/(?:--?|;)(?:gzip|deflate|br|zstd)"$/, '"')

/**
 * Returns the tag of the same content in a coding: `"7-br"` for `"7"`. A strong tag names the bytes of one coding; a
 * weak tag stays the same (RFC 9110, section 8.8.3.3).
 */
export const withCoding = (tag: string, coding: string) =>
  tag.startsWith('W/') ? tag : tag.replace(/"$/, `-${coding}"`)

/** Returns the tags of `If-Match` or `If-None-Match`, or `*`. @throws Problem 400 when the header has anything else */
export function parseEntityTags(name: string, header: string): string[] | '*' {
  if (header.trim() === '*') return '*'
  const tags = header.split(',').map((tag) => tag.trim())
  const invalid = tags.find((tag) => !/^(W\/)?"[\x21\x23-\x7e]*"$/.test(tag))
  if (invalid === undefined) return tags
  throw new Problem(
    'invalid-request',
    `${name} takes entity tags such as "7" with its quotes, or *. ${invalid || 'An empty text'} is not an entity tag.`,
  )
}

/**
 * Sends `text` as JSON under `tag`, or 304 when `If-None-Match` names the tag. Its tags are compared weakly, and those
 * of `If-Match` strongly (RFC 9110, section 13.1).
 * @throws Problem 412 when `If-Match` does not name the tag
 */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, tag: string, text: string) {
  reply.header('etag', tag)
  checkIfMatch(request.headers['if-match'], tag)
  if (isUnchanged(request, reply)) return reply.code(304).send()
  return reply.type('application/json; charset=utf-8').send(text)
}

/**
 * Returns whether `If-None-Match` names the tag of the reply. The reply then gets the tag that the client sent, because
 * a cache finds a compressed response under the tag with its coding.
 */
export function isUnchanged({ headers }: FastifyRequest, reply: FastifyReply): boolean {
  const tag = bare(String(reply.getHeader('etag')))
  const known = headers['if-none-match']?.split(',').find((item) => ['*', tag].includes(bare(item)))
  if (known === undefined) return false
  if (known.trim() !== '*') reply.header('etag', known.trim())
  return true
}

/** A proxy may add `W/`. The weak comparison ignores it. */
const bare = (tag: string) => withoutCoding(tag.trim().replace(/^W\//, ''))

function checkIfMatch(header: string | undefined, tag: string): void {
  if (header === undefined) return
  const tags = parseEntityTags('If-Match', header)
  if (tags === '*' || (!tag.startsWith('W/') && tags.map(withoutCoding).includes(tag))) return
  throw new Problem('version-conflict', `If-Match does not name the current tag ${tag}.`, { headers: { etag: tag } })
}
