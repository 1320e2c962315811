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
  /** Holds back what the server sends, until `areSent` is true of what the clients have sent since, or `release`. */
  holdReplies(areSent: (sent: string) => boolean): void
  /** Passes the replies that are held back. */
  release(): void
  /** Resets the open connections on both sides. */
  reset(): void
  /** Ends the open connections towards the server only. The server decides when to end the other direction. */
  halfClose(): void
}

/** One direction of a connection. */
type Pipe = { from: Socket; to: Socket }
/** Calls `pass` when a chunk may go on. */
type Gate = (chunk: Buffer, pass: () => void) => void

/** Starts a proxy in front of the server at `serverUrl`. */
export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  let target = new URL(serverUrl)
  let delayMs = 0
  const hold = createHold()
  const open = new Map<Socket, Pipe>()
  const clients = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true })
    clients.add(client)
    client.on('close', () => clients.delete(client))
    const delayed =
      (gate: Gate): Gate =>
      (chunk, pass) =>
        gate(chunk, delayMs === 0 ? pass : () => void setTimeout(pass, delayMs))
    join({ from: client, to: upstream }, open, delayed(hold.request))
    join({ from: upstream, to: client }, open, delayed(hold.reply))
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
    holdReplies: hold.begin,
    release: hold.release,
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
function join(pipe: Pipe, open: Map<Socket, Pipe>, gate: Gate): void {
  const { from, to } = pipe
  open.set(from, pipe)
  from.pipe(gated(gate)).pipe(to)
  from.on('error', () => undefined)
  from.on('close', () => {
    open.delete(from)
    to.destroy()
  })
}

const gated = (gate: Gate): Transform =>
  new Transform({ transform: (chunk, _encoding, done) => gate(chunk, () => done(null, chunk)) })

/** Creates the gates of the two directions. The replies wait from `begin` on, until they are released. */
function createHold() {
  let held: { sent: string; areSent: (sent: string) => boolean; replies: (() => void)[] } | undefined
  const release = () => {
    const { replies = [] } = held ?? {}
    held = undefined
    for (const pass of replies) pass()
  }
  const request: Gate = (chunk, pass) => {
    pass()
    if (!held) return
    held.sent += chunk
    if (held.areSent(held.sent)) release()
  }
  const reply: Gate = (_chunk, pass) => {
    if (held) held.replies.push(pass)
    else pass()
  }
  const begin = (areSent: (sent: string) => boolean) => {
    held = { sent: '', areSent, replies: [] }
  }
  return { request, reply, begin, release }
}
