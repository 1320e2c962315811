import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { cleanUp } from './clean-up.ts'

/** A proxy in front of a server. It closes with the test. */
export type TcpProxy = {
  /** The URL of the server, with the address of the proxy. */
  url: string
  /** Connects new clients to another server. Open connections stay with the server that they have. */
  pointTo(url: string): void
  /** Silences the open connections: they stay open, and no byte passes. New connections work. */
  freeze(): void
}

/** Starts a proxy in front of the server at `serverUrl`. */
export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  let target = new URL(serverUrl)
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    join(client, upstream, open)
    join(upstream, client, open)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(async () => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    pointTo(other) {
      target = new URL(other)
    },
    freeze() {
      for (const socket of open) socket.unpipe().pause()
    },
  }
}

/** Passes everything from one socket to the other, its end included. */
function join(from: Socket, to: Socket, open: Set<Socket>): void {
  open.add(from)
  from.pipe(to)
  from.on('error', () => undefined)
  from.on('close', () => {
    open.delete(from)
    to.destroy()
  })
}
