import helmet from '@fastify/helmet'
import { Problem, unavailable } from '@goals-tasks/http'
import type { OpsQueues } from '@goals-tasks/operations'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { opensPage } from '../login/access.ts'
import { renderPage } from '../page.ts'
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
  app.addHook('onRequest', async (request) => refuseWrites(request))
  app.addHook('onRequest', async (request, reply) => {
    const opens = opensPage(request)
    const readsQueues = opens || request.url.startsWith(`${boardPath}/api/`)
    if (!readsQueues || (await queues.replies())) return
    if (!opens) throw unavailable(redisAway)
    return reply.code(503).header('retry-after', '10').type('text/html; charset=utf-8').send(outagePage)
  })
  app.addHook('onSend', async (_request, reply, payload) => {
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html')
    return isPage && typeof payload === 'string' ? withoutRemoteFonts(payload) : payload
  })
  await app.register(createBoard(queues, boardPath), { prefix: boardPath })
}

const redisAway = 'Redis does not answer. Bull Board comes back with it.'
const outagePage = renderPage({
  title: 'Redis does not answer · goals-tasks operations',
  narrow: true,
  body:
    `<main><h1>503</h1><p>${redisAway}</p>` +
    '<p class="hint">Until then no job runs, and no event is lost: Postgres keeps the deliveries. ' +
    '<a href="/ops/status">Status</a> and <a href="/ops/dead-letters">dead letters</a> work meanwhile.</p></main>',
})

/** The policy of the page forbids remote fonts. Removing their links saves a request and an error in the console. */
const withoutRemoteFonts = (html: string) => html.replace(/<link\b[^>]*\bhref="https:\/\/fonts\.[^>]*>\s*/g, '')

function refuseWrites({ method }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return
  throw new Problem('method-not-allowed', 'Bull Board is read-only.', { headers: { allow: 'GET, HEAD' } })
}
