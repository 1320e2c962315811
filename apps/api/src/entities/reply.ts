import type { ListPage } from '@goals-tasks/cache'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer } from './change.ts'
import { etag, viewTag } from './precondition.ts'

const json = 'application/json; charset=utf-8'

/** What a writing request answers: kept, so that a repetition of the request gets the same. */
export type Outcome = { status: number; headers: Record<string, string>; body: string }

/** One entity's text as it came from Postgres, with its version as the ETag. */
export const entityOutcome = (answer: Answer, status = 200, headers: Record<string, string> = {}): Outcome => ({
  status,
  headers: {
    'content-type': json,
    etag: etag(answer.version),
    ...(answer.rebased ? { 'preference-applied': 'handling=lenient' } : {}),
    ...headers,
  },
  body: answer.text,
})

export const noContent: Outcome = { status: 204, headers: {}, body: '' }

/** Sends one entity, or 304 when the client has it already. */
export const sendEntity = (request: FastifyRequest, reply: FastifyReply, answer: Answer) =>
  sendTagged(request, reply, etag(answer.version), answer.text)

/** Sends what is no plain representation. */
export const sendView = (request: FastifyRequest, reply: FastifyReply, text: string) =>
  sendTagged(request, reply, viewTag(text), text)

function sendTagged(request: FastifyRequest, reply: FastifyReply, tag: string, text: string) {
  reply.header('etag', tag)
  // The comparison is the weak one, so a W/ that a proxy put on does not matter.
  const bare = (item: string) => item.trim().replace(/^W\//, '')
  const known = request.headers['if-none-match']?.split(',').some((item) => ['*', bare(tag)].includes(bare(item)))
  return known ? reply.code(304).send() : reply.type(json).send(text)
}

/** Sends one page of a list, with a link to the next. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, page: ListPage) {
  if (page.next !== null) {
    const url = new URL(request.url, 'http://list')
    url.searchParams.set('cursor', page.next)
    reply.header('link', `<${url.pathname}${url.search}>; rel="next"`)
  }
  return sendTagged(request, reply, page.tag, page.text)
}
