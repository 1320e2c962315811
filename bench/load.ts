import { connect, type Socket } from 'node:net'

/** What a run of requests gave. Latencies in milliseconds, ascending. */
export type Load = {
  seconds: number
  requests: number
  failures: ReadonlyMap<number, number>
  latenciesMs: Float64Array
}

/** Where requests go, how many at once, for how long, and which status is right. */
export type LoadOptions = { port: number; connections: number; seconds: number; expect: number }

type Answer = { status: number; length: number }

/**
 * Keeps `connections` sockets busy, each with one request at a time, for `seconds` or until `next`, which gives the bytes of
 * the next request, has no more. Every answer whose status is not `expect` counts as a failure.
 * Requests are prepared bytes and answers are only cut, not parsed: the load shares its cores with what it measures.
 */
export async function runLoad(options: LoadOptions, next: () => Buffer | undefined): Promise<Load> {
  const { port, connections, seconds, expect } = options
  const latencies: number[] = []
  const failures = new Map<number, number>()
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000
  const onAnswer = ({ status }: Answer, ms: number) => {
    if (status === expect) latencies.push(ms)
    else failures.set(status, (failures.get(status) ?? 0) + 1)
  }
  const lanes = Array.from({ length: connections }, () => runLane(port, next, onAnswer, endsAt))
  await Promise.all(lanes)
  return {
    seconds: (performance.now() - startedAt) / 1_000,
    requests: latencies.length,
    failures,
    latenciesMs: Float64Array.from(latencies).sort(),
  }
}

/** One connection: a request, its answer, the next request, until the time is up. */
async function runLane(
  port: number,
  next: () => Buffer | undefined,
  onAnswer: (answer: Answer, ms: number) => void,
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
    const answer = cutAnswer(received)
    if (!answer) return
    received = undefined
    const now = performance.now()
    onAnswer(answer, now - sentAt)
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

/** The answer, once all of it has come: one request is under way, so what was received is one answer. */
function cutAnswer(received: Buffer): Answer | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  return received.length < headEnd + 4 + length ? undefined : { status: Number(head.slice(9, 12)), length }
}

/** A request as bytes. `body` is JSON text. */
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
