import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer } from './change.ts'
import type { Page } from './keyset.ts'
import { etag } from './precondition.ts'

const json = 'application/json; charset=utf-8'

/** Sends one entity's text as it came from Postgres, with its version as the ETag. */
export const sendEntity = (reply: FastifyReply, answer: Answer) =>
  reply.header('etag', etag(answer.version)).type(json).send(answer.text)

/** As `sendEntity`, or 304 when the client has it already. */
export function sendIfChanged(request: FastifyRequest, reply: FastifyReply, answer: Answer) {
  const known = request.headers['if-none-match']
  const tag = etag(answer.version)
  // The comparison is the weak one, so a W/ that a proxy put on does not matter.
  if (known?.split(',').some((item) => ['*', tag, `W/${tag}`].includes(item.trim())))
    return reply.code(304).header('etag', tag).send()
  return sendEntity(reply, answer)
}

export const sendJson = (reply: FastifyReply, text: string) => reply.type(json).send(text)

/** Sends one page of a list, with a link to the next. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, page: Page) {
  if (page.nextCursor !== null) {
    const url = new URL(request.url, 'http://list')
    url.searchParams.set('cursor', page.nextCursor)
    reply.header('link', `<${url.pathname}${url.search}>; rel="next"`)
  }
  return sendJson(reply, page.text)
}
