import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { cleanUp, until } from '@goals-tasks/devstack/testing'

/** `probeUrl` is the address of its `/readyz`. */
type Target = { url: string; probeUrl: string }

const lookEveryMs = 100

/**
 * Starts a balancer of connections, as a Service of Kubernetes is one: each new connection goes to the next target that
 * is ready, and stays there until one side ends it. `targets` are asked for all the time, because a restart replaces
 * them. Resolves when a target is ready.
 */
export async function startBalancer(targets: () => readonly Target[]): Promise<{ url: string }> {
  let ready: readonly Target[] = []
  let turn = 0
  const sockets = new Set<Socket>()
  const look = async () => {
    const all = targets()
    const states = await Promise.all(all.map(isReady))
    ready = all.filter((_, place) => states[place])
  }
  const server = createServer((client) => {
    const target = ready[turn++ % ready.length]
    if (target) join(client, connectTo(target))
    else client.destroy()
  })
  function join(one: Socket, other: Socket): void {
    for (const [from, to] of [[one, other] as const, [other, one] as const]) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy()).on('close', () => sockets.delete(from))
    }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const timer = setInterval(() => void look(), lookEveryMs)
  cleanUp(async () => {
    clearInterval(timer)
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await until(() => ready.length > 0)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function connectTo({ url }: Target): Socket {
  const { hostname, port } = new URL(url)
  return connect(Number(port), hostname)
}

const isReady = ({ probeUrl }: Target): Promise<boolean> =>
  fetch(`${probeUrl}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
