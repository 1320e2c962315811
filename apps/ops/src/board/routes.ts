import helmet from '@fastify/helmet'
import { Problem } from '@goals-tasks/http'
import type { OpsQueues } from '@goals-tasks/operations'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { pageHeaders } from '../page-headers.ts'
import { createBoard } from './board.ts'

/** Prefix of the routes and base of the links in the page. Both must be equal. */
export const boardPath = '/ops/queues'

/** The page of Bull Board contains an inline style, and its script sets styles on elements. */
const headers = pageHeaders({
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'self'"],
})

/**
 * Serves Bull Board, read-only: its own retry would bypass the deliveries. `/ops/dead-letters` replays with them.
 */
export const boardRoutes = (queues: OpsQueues) => async (app: FastifyInstance) => {
  await app.register(helmet, headers)
  const { errorHandler } = app
  app.addHook('onRoute', (route) => {
    // Bull Board's own handler would send the message of an unexpected error.
    route.errorHandler = errorHandler
    // An open page sends a request every few seconds. Their lines would hide all others.
    if (app.log.level === 'info') route.logLevel = 'warn'
  })
  app.addHook('onRequest', async (request) => {
    refuseWrites(request)
    if (request.url.startsWith(`${boardPath}/api/`) && !queues.available())
      throw new Problem('unavailable', 'Redis is not available.')
  })
  app.addHook('onSend', async (_request, reply, payload) => {
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html')
    return isPage && typeof payload === 'string' ? withoutRemoteFonts(payload) : payload
  })
  await app.register(createBoard(queues, boardPath), { prefix: boardPath })
}

/** The policy of the page forbids remote fonts. Removing their links saves a request and an error in the console. */
const withoutRemoteFonts = (html: string) => html.replace(/<link\b[^>]*\bhref="https:\/\/fonts\.[^>]*>\s*/g, '')

function refuseWrites({ method }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return
  throw new Problem('method-not-allowed', 'Bull Board is read-only.', { headers: { allow: 'GET, HEAD' } })
}
