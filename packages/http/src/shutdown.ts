import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { unavailable } from './problems.ts'
import { refuse } from './refusal.ts'

const closeIdleEveryMs = 100
/** Part of the shutdown timeout that is kept for what follows the requests, such as the last flush of events. */
const reservedMs = 2_000

/**
 * Closes connections in order when the app closes. A connection without a running request closes at once, also one
 * that has never sent a request. A running request finishes, and its connection closes then. A request that begins
 * after that gets 503. Shortly before `shutdownTimeoutMs` every connection is closed, so that the process can still
 * release the rest in order. Call after the hooks that set headers.
 */
export function registerShutdown(app: FastifyInstance, shutdownTimeoutMs: number | undefined): void {
  const { unused, untilNoneIsOpen } = trackSockets(app)
  let closing = false
  app.addHook('onRequest', (request, reply, done) => {
    if (!closing) return done()
    reply.header('connection', 'close')
    refuse(request, reply, unavailable('The service is stopping. Send it again.'), 'info')
  })
  app.addHook('preClose', (done) => {
    closing = true
    const { server } = app
    const closeIdle = (): void => {
      server.closeIdleConnections()
      for (const socket of unused) socket.destroy()
    }
    closeIdle()
    // A connection whose request has just finished is kept alive by Node, although the server closes.
    const timers = [setInterval(closeIdle, closeIdleEveryMs)]
    if (shutdownTimeoutMs !== undefined)
      timers.push(setTimeout(() => server.closeAllConnections(), Math.max(0, shutdownTimeoutMs - reservedMs)))
    // Connections of other listening sockets may still be open, so the timers go on.
    server.once('close', async () => {
      await untilNoneIsOpen()
      timers.forEach(clearTimeout)
    })
    done()
  })
}

/** `unused` are the connections that have not sent a whole request head yet. Node counts them as active. */
function trackSockets({ server }: FastifyInstance) {
  const open = new Set<Socket>()
  const unused = new Set<Socket>()
  const { promise: noneIsOpen, resolve } = Promise.withResolvers<void>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    unused.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      unused.delete(socket)
      if (open.size === 0 && !server.listening) resolve()
    })
  })
  for (const event of ['request', 'upgrade']) server.on(event, ({ socket }) => unused.delete(socket))
  return {
    unused: unused as ReadonlySet<Socket>,
    /** Call when the server has closed, so that there are no new connections. */
    untilNoneIsOpen: async () => void (open.size > 0 && (await noneIsOpen)),
  }
}
