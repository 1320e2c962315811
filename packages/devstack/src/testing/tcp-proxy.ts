import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { cleanUp } from './clean-up.ts'

/** A proxy in front of a server. It closes with the test. */
export type TcpProxy = {
  /** The URL of the server, with the address of the proxy. */
  url: string
  /** Connects new clients to another server. Open connections stay with the server that they have. */
  pointTo(url: string): void
  /** Silences the open connections: they stay open, and no byte passes. New connections work. */
  freeze(): void
  /** Passes each chunk of every connection so many milliseconds late, from now on. 0 ends the delay. */
  delay(ms: number): void
  /** Resets the open connections on both sides. */
  reset(): void
  /** Ends the open connections towards the server only. The server decides when to end the other direction. */
  halfClose(): void
}

/** One direction of a connection. */
type Pipe = { from: Socket; to: Socket }

/** Starts a proxy in front of the server at `serverUrl`. */
export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  let target = new URL(serverUrl)
  let delayMs = 0
  const open = new Map<Socket, Pipe>()
  const clients = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true })
    clients.add(client)
    client.on('close', () => clients.delete(client))
    for (const pipe of [
      { from: client, to: upstream },
      { from: upstream, to: client },
    ])
      join(pipe, open, () => delayMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(async () => {
    for (const socket of open.keys()) socket.destroy()
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
      for (const socket of open.keys()) socket.unpipe().pause()
    },
    delay(ms) {
      delayMs = ms
    },
    reset() {
      for (const socket of open.keys()) socket.resetAndDestroy()
    },
    halfClose() {
      for (const client of clients) {
        client.unpipe().resume()
        open.get(client)?.to.end()
      }
    },
  }
}

/** Passes everything from one socket to the other, its end included. */
function join(pipe: Pipe, open: Map<Socket, Pipe>, delayMs: () => number): void {
  const { from, to } = pipe
  open.set(from, pipe)
  from.pipe(delayed(delayMs)).pipe(to)
  from.on('error', () => undefined)
  from.on('close', () => {
    open.delete(from)
    to.destroy()
  })
}

function delayed(delayMs: () => number): Transform {
  return new Transform({
    transform(chunk, _encoding, done) {
      const ms = delayMs()
      if (ms === 0) done(null, chunk)
      else setTimeout(done, ms, null, chunk)
    },
  })
}
