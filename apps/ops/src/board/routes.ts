import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import helmet from '@fastify/helmet'
import { subscriptions } from '@goals-tasks/events'
import { Problem } from '@goals-tasks/http'
import type { OpsQueues } from '@goals-tasks/operations'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { pageHeaders } from '../page-headers.ts'

/** Prefix of the routes and base of the page's links in one: they must be the same. */
export const boardPath = '/ops/queues'

/** Its page carries a style of its own and sets styles on elements; its fonts from elsewhere stay out. */
const headers = pageHeaders({
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'self'"],
})

/** The board looks and never touches: a retry there would bypass the deliveries, and `/ops/dead-letters` has the true one. */
export const boardRoutes = (queues: OpsQueues) => async (app: FastifyInstance) => {
  await app.register(helmet, headers)
  const { errorHandler } = app
  app.addHook('onRoute', (route) => {
    // The board's own handler would answer with the raw message of whatever went wrong.
    route.errorHandler = errorHandler
    // An open page asks every few seconds: a line for each would bury all others.
    if (app.log.level === 'info') route.logLevel = 'warn'
  })
  app.addHook('onRequest', async (request) => {
    refuseWrites(request)
    if (request.url.startsWith(`${boardPath}/api/`) && !queues.available())
      throw new Problem('unavailable', 'Redis is away.')
  })
  app.addHook('onSend', async (_request, reply, payload) => {
    const isPage = String(reply.getHeader('content-type')).startsWith('text/html')
    return isPage && typeof payload === 'string' ? withoutForeignFonts(payload) : payload
  })
  const serverAdapter = new FastifyAdapter().setBasePath(boardPath)
  createBullBoard({ queues: queues.all.flatMap(adapters), serverAdapter, options: { uiConfig } })
  await app.register(serverAdapter.registerPlugin(), { prefix: boardPath })
}

/** The page asks for fonts from elsewhere, which its own policy refuses: a request less, and no complaint in the console. */
const withoutForeignFonts = (text: string) => text.replace(/<link\b[^>]*\bhref="https:\/\/fonts\.[^>]*>\s*/g, '')

function refuseWrites({ method }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return
  throw new Problem('method-not-allowed', 'The board is read-only.', { headers: { allow: 'GET, HEAD' } })
}

const options = { readOnlyMode: true, delimiter: '/' }

const deadOptions = {
  ...options,
  prefix: 'dead letters/',
  description: 'the newest dead letters; the record, replay and discard are at /ops/dead-letters',
  externalJobUrl: ({ id }: { id?: string | number | null | undefined }) => ({
    displayText: 'Dead letter',
    href: `/ops/dead-letters/${id}`,
  }),
}
/** Null is the board's word for unknown; an empty list would be shown as a warning. */
const nobodyByDesign = async () => null

const adapters = ({ consumer, queue, dead }: OpsQueues['all'][number]) => [
  new BullMQAdapter(queue, {
    ...options,
    prefix: 'consumers/',
    description: `isSubscribed ${subscriptions[consumer].join(', ')}`,
  }),
  Object.assign(new BullMQAdapter(dead, deadOptions), { getWorkers: nobodyByDesign }),
]

const uiConfig = {
  boardTitle: 'goals-tasks',
  hideDocsLink: true,
  pollingInterval: { forceInterval: 10, showSetting: false },
  overview: { groupByDelimiter: true },
  miscLinks: [
    { text: 'Dead letters', url: '/ops/dead-letters' },
    { text: 'Status', url: '/ops/status' },
    { text: 'Log in or out', url: '/ops/login' },
  ],
}
