import type { Socket } from 'node:net'
import { Counter, Gauge, type Registry } from '@goals-tasks/observability'
import type { FastifyInstance } from 'fastify'

/**
 * Bounds the connections of a server. A connection above the limit replaces the one that has had no running request for
 * longest, so idle connections cannot keep others out. It is closed itself when every other one has a request. Upgraded
 * connections count, and are not replaced. Call before the server listens.
 */
export function registerConnectionLimit({ server }: FastifyInstance, max: number, registry: Registry): void {
  /** Connections without a running request, the one that has been so for longest first. */
  const idle = new Set<Socket>()
  const running = new WeakMap<Socket, number>()
  const closed = registerMetrics(registry, () => open)
  let open = 0

  server.on('connection', (socket: Socket) => {
    open++
    idle.add(socket)
    socket.once('close', () => {
      open--
      idle.delete(socket)
    })
    if (open > max) closeOneFor(socket)
  })
  server.on('request', ({ socket }, response) => {
    running.set(socket, (running.get(socket) ?? 0) + 1)
    idle.delete(socket)
    response.once('close', () => {
      const left = (running.get(socket) ?? 0) - 1
      running.set(socket, left)
      // A client may send several requests at once.
      if (left === 0 && !socket.destroyed) idle.add(socket)
    })
  })
  server.on('upgrade', ({ socket }) => void idle.delete(socket))

  function closeOneFor(socket: Socket): void {
    const [longest = socket] = idle
    closed.inc({ reason: longest === socket ? 'full' : 'replaced' })
    longest.destroy()
  }
}

function registerMetrics(registry: Registry, open: () => number) {
  const registers = [registry]
  new Gauge({
    ...{ name: 'gt_http_connections', help: 'Open connections', registers },
    collect() {
      this.set(open())
    },
  })
  return new Counter({
    name: 'gt_http_connections_closed_total',
    help: 'Connections that were closed because of the limit: replaced by a newer one, or new while all were in use',
    ...{ labelNames: ['reason'], registers },
  })
}
