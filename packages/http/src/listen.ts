import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Port 0 chooses a free one. */
type Address = { host: string; port: number }

/**
 * Connections that wait in the kernel, shared evenly by the sockets. The kernel drops a connection whose socket is
 * full, and the client tries again after a second. The kernel has a limit of its own.
 */
const maxUnaccepted = 4_096

/** Linux spreads connections over the sockets of one port. macOS and Windows do not. */
const socketsOfPort = process.platform === 'linux' ? 16 : 1

/**
 * Creates a listener with several sockets: Node takes one connection of each in a turn of its event loop, and the
 * turns of a busy process are long. With one socket, a client would wait for seconds behind thousands of new ones.
 */
export function createListener(app: FastifyInstance) {
  const acceptors: Server[] = []
  let isClosing = false
  return {
    /**
     * Listens at an address. Call it once, and `close` afterwards, also when it rejects.
     * @throws Error of the system, with the code `EADDRINUSE` when another process listens there
     */
    async listen({ host, port }: Address): Promise<{ port: number }> {
      // Fastify listens at each address of this name.
      const sockets = host === 'localhost' ? 1 : socketsOfPort
      // With `reusePort` the kernel would let this process share the port of another one, so look first without it.
      if (sockets > 1 && port !== 0) await assertFree({ host, port })
      const options = { host, backlog: Math.ceil(maxUnaccepted / sockets), ...(sockets > 1 && { reusePort: true }) }
      await app.listen({ ...options, port })
      const opened = (app.server.address() as AddressInfo).port
      for (let socket = 1; socket < sockets && !isClosing; socket++) {
        const acceptor = createAcceptor(app)
        await once(acceptor.listen({ ...options, port: opened }), 'listening')
        acceptors.push(acceptor)
      }
      return { port: opened }
    },
    /** Closes every socket and the app. Resolves when no connection is left. */
    async close(): Promise<void> {
      isClosing = true
      const closed = acceptors.map((acceptor) => once(acceptor.close(), 'close'))
      await app.close()
      await Promise.all(closed)
    },
  }
}

async function assertFree({ host, port }: Address): Promise<void> {
  const server = createServer()
  await once(server.listen({ host, port }), 'listening')
  await once(server.close(), 'close')
}

/** Creates a server that gives its connections to the server of the app. The options are those of `node:http`. */
const createAcceptor = ({ server }: FastifyInstance): Server =>
  createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket))
