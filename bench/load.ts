import { connect, type Socket } from 'node:net'

/** The result of a run. `requests` counts the expected responses, `failures` the others by status. Latencies ascend. */
export type Load = {
  seconds: number
  requests: number
  failures: ReadonlyMap<number, number>
  latenciesMs: Float64Array
}

/** `expect` is the status of an expected response. */
export type LoadOptions = { port: number; connections: number; seconds: number; expect: number }

export type ResponseHead = { status: number; length: number }

/**
 * Keeps `connections` sockets busy, each with one request at a time. `next` gets the number of a socket and returns the
 * bytes of its next request. The run ends after `seconds`, or when `next` returns undefined. Requests are prepared
 * bytes, and only status and length of a response are read: the load shares its cores with the processes that it
 * measures.
 */
export async function runLoad(options: LoadOptions, next: (socket: number) => Buffer | undefined): Promise<Load> {
  const { port, connections, seconds, expect } = options
  const latencies: number[] = []
  const failures = new Map<number, number>()
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000
  const onResponse = ({ status }: ResponseHead, ms: number) => {
    if (status === expect) latencies.push(ms)
    else failures.set(status, (failures.get(status) ?? 0) + 1)
  }
  await Promise.all(
    Array.from({ length: connections }, (_, socket) => runConnection(port, () => next(socket), onResponse, endsAt)),
  )
  return {
    seconds: (performance.now() - startedAt) / 1_000,
    requests: latencies.length,
    failures,
    latenciesMs: Float64Array.from(latencies).sort(),
  }
}

/** Sends one request after the other on one connection, until the time is up. */
async function runConnection(
  port: number,
  next: () => Buffer | undefined,
  onResponse: (response: ResponseHead, ms: number) => void,
  endsAt: number,
): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let received: Buffer | undefined
  let sentAt = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('the server closed a connection under load')))
  socket.on('connect', () => send())
  socket.on('data', (chunk) => {
    received = received ? Buffer.concat([received, chunk]) : chunk
    const response = readResponse(received)
    if (!response) return
    received = undefined
    const now = performance.now()
    onResponse(response, now - sentAt)
    if (now < endsAt) send()
    else finish(socket, resolve)
  })
  function send(): void {
    const bytes = next()
    sentAt = performance.now()
    if (bytes) socket.write(bytes)
    else finish(socket, resolve)
  }
  return promise
}

function finish(socket: Socket, resolve: () => void): void {
  socket.removeAllListeners('close')
  socket.destroy()
  resolve()
}

/**
 * Returns the response once all of it was received. The connection has one request at a time, so `received` is one
 * response.
 */
export function readResponse(received: Buffer): ResponseHead | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  return received.length < headEnd + 4 + length ? undefined : { status: Number(head.slice(9, 12)), length }
}

/** Returns a request as bytes. `body` is JSON text. */
export function requestBytes(request: {
  method: string
  path: string
  headers?: Readonly<Record<string, string>>
  body?: string
}): Buffer {
  const { method, path, headers = {}, body } = request
  const bodyHeaders =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries({ host: 'bench', ...headers, ...bodyHeaders }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
}
