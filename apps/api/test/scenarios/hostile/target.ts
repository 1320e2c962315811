import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** The API under attack, the tokens that attackers hold, and the end of the attack. */
export type Target = {
  url: URL
  /** A valid token of a user. */
  token: string
  /** A token with a bad signature, and one that names an unknown key. */
  badTokens: readonly string[]
  signal: AbortSignal
}

/** How often each outcome was seen: a status, or `closed` for a connection that ended without one. */
export type Outcomes = Record<string, number>

/** Attacks until the signal aborts. */
export type Attack = (target: Target) => Promise<Outcomes>

export const count = (outcomes: Outcomes, outcome: string | number): void => {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
}

type Request = { method: string; path: string; headers?: Record<string, string>; body?: string | Buffer }

/** Sends requests on `senders` connections, one after the other, as fast as the API answers. */
export async function flood(target: Target, senders: number, next: (n: number) => Request): Promise<Outcomes> {
  const outcomes: Outcomes = {}
  const agent = new Agent({ keepAlive: true, maxSockets: senders })
  let sent = 0
  const sendAll = async () => {
    while (!target.signal.aborted) count(outcomes, await send(agent, target, next(sent++)))
  }
  await Promise.all(Array.from({ length: senders }, sendAll))
  agent.destroy()
  return outcomes
}

/** Returns the status of the response, or `closed`. */
function send(agent: Agent, { url, token }: Target, { method, path, headers, body }: Request) {
  return new Promise<number | 'closed'>((resolve) => {
    const sending = request(new URL(path, url), {
      ...{ method, agent },
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    })
    sending.once('response', (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0))
    })
    sending.once('error', () => resolve('closed'))
    sending.end(body)
  })
}

/**
 * Keeps `places` connections open. `drive` gets each one when it is open. A connection that the API closes is counted
 * by the status that it got, and replaced.
 */
export async function keepOpen(target: Target, places: number, drive: (socket: Socket) => void): Promise<Outcomes> {
  const { url, signal } = target
  const outcomes: Outcomes = {}
  const sockets = new Set<Socket>()
  const open = (): void => {
    const socket = connect({ host: url.hostname, port: Number(url.port) })
    sockets.add(socket)
    let received = ''
    socket.once('connect', () => {
      count(outcomes, 'opened')
      drive(socket)
    })
    socket.on('data', (chunk) => {
      received += String(chunk)
    })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      sockets.delete(socket)
      if (signal.aborted) return
      count(outcomes, /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 'closed')
      open()
    })
  }
  for (let i = 0; i < places; i++) open()
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  for (const socket of sockets) socket.destroy()
  return outcomes
}
