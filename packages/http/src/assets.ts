import type { FastifyReply, FastifyRequest } from 'fastify'
import { codingOf, compress, density, markCoding } from './compression.ts'
import { digestOf, isUnchanged } from './tags.ts'

export type Asset = {
  /** Returns the text. It is called once. */
  load: () => string | Promise<string>
  type: string
  cacheControl: string
}

/**
 * Returns a function that sends a text which stays the same as long as the process lives, or 304 when the client has
 * it. The text is compressed once per coding, when the first request asks for it.
 */
export function createAsset({ load, type, cacheControl }: Asset) {
  let text: Promise<string> | undefined
  const bodies = new Map<string, Promise<string | Buffer>>()
  return async (request: FastifyRequest, reply: FastifyReply) => {
    text ??= Promise.resolve(load())
    const loaded = await text
    const coding = codingOf(request)
    reply.type(type).headers({ 'cache-control': cacheControl, etag: `"${digestOf(loaded)}"` })
    if (isUnchanged(request, reply)) return reply.code(304).send()
    if (coding === undefined) return reply.send(loaded)
    const body = bodies.get(coding) ?? compress(coding, loaded, density)
    bodies.set(coding, body)
    markCoding(reply, coding)
    return reply.send(await body)
  }
}
