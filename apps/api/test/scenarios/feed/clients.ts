import { setTimeout as sleep } from 'node:timers/promises'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { WebSocket } from 'ws'
import type { Random } from './random.ts'

export const transports = ['pages', 'stream', 'socket'] as const
type Transport = (typeof transports)[number]

type Options = { transport: Transport; userId: string; token: string; urls: readonly string[]; random: Random }

/** A client that follows the feed and stores its cursor beside the ids of the events. */
export type FeedClient = {
  transport: Transport
  userId: string
  ids: readonly string[]
  /** Resets that the service sent. They mean that events may be missing. */
  resets: () => number
}

/** The cursor is empty until the feed has begun. */
type Place = { cursor: string; ids: string[]; resets: number }
type Connection = Options & { place: Place; signal: AbortSignal }

/** Opens a connection to one API. Resolves or rejects when it ends. */
const connections: Record<Transport, (connection: Connection, url: string) => Promise<void>> = {
  pages: readPages,
  stream: readStream,
  socket: readSocket,
}

/**
 * Starts a client that connects again after each end of its connection, and at random times. Resolves when it has its
 * first cursor. It stops with the test.
 */
export async function startClient(options: Options): Promise<FeedClient> {
  const { transport, userId, urls, random } = options
  const place: Place = { cursor: '', ids: [], resets: 0 }
  const stopped = new AbortController()
  const { signal } = stopped
  const run = async () => {
    while (!signal.aborted) {
      // A killed API ends the connection with an error.
      await connections[transport]({ ...options, place, signal }, random.pick(urls)).catch(() => undefined)
      await sleep(random.below(200))
    }
  }
  const running = run()
  cleanUp(async () => {
    stopped.abort()
    await running
  })
  await until(() => place.cursor !== '')
  return { transport, userId, ids: place.ids, resets: () => place.resets }
}

/** Returns a function that is true once, after a random number of events: then the client connects again. */
function createRestlessness(random: Random) {
  let left = 20 + random.below(200)
  return () => --left === 0
}

async function readPages({ place, token, random, signal }: Connection, url: string): Promise<void> {
  const isRestless = createRestlessness(random)
  const headers = { authorization: `Bearer ${token}` }
  for (let isOver = false; !isOver && !signal.aborted; ) {
    const query = place.cursor && `?wait=5&limit=${10 + random.below(100)}&cursor=${place.cursor}`
    const response = await fetch(`${url}/v1/changes${query}`, { headers, signal })
    const { data, page, snapshot } = (await response.json()) as {
      data?: { id: string }[]
      page?: { nextCursor: string }
      snapshot?: { cursor: string }
    }
    if (snapshot) resetTo(place, snapshot.cursor)
    if (!data || !page) return
    place.ids.push(...data.map(({ id }) => id))
    place.cursor = page.nextCursor
    isOver = data.some(isRestless)
  }
}

function resetTo(place: Place, cursor: string): void {
  place.resets++
  place.cursor = cursor
}

async function readStream({ place, token, random, signal }: Connection, url: string): Promise<void> {
  const isRestless = createRestlessness(random)
  const hangUp = new AbortController()
  const headers = {
    ...{ authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    ...(place.cursor && { 'last-event-id': place.cursor }),
  }
  const response = await fetch(`${url}/v1/changes`, { headers, signal: AbortSignal.any([signal, hangUp.signal]) })
  if (!response.ok) return
  let text = ''
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (text + part).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const { id, event, data } = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)))
      if (event === 'reset') place.resets++
      if (event === 'change') place.ids.push((JSON.parse(data) as { id: string }).id)
      place.cursor = id ?? place.cursor
      // The rest of the blocks has arrived and is lost with the connection.
      if (event === 'change' && isRestless()) return hangUp.abort()
    }
  }
}

function readSocket({ place, token, random, signal }: Connection, url: string): Promise<void> {
  const isRestless = createRestlessness(random)
  const query = place.cursor && `?cursor=${place.cursor}`
  const socket = new WebSocket(`${url.replace('http:', 'ws:')}/v1/changes/socket${query}`, ['goals-tasks.v1'], {
    headers: { authorization: `Bearer ${token}` },
  })
  const stop = () => socket.terminate()
  signal.addEventListener('abort', stop)
  let isOver = false
  socket.on('message', (data) => {
    if (isOver) return
    const { type, event, cursor, snapshot } = JSON.parse(String(data))
    if (type === 'reset') resetTo(place, snapshot.cursor)
    if (type === 'change') place.ids.push(event.id)
    place.cursor = cursor ?? place.cursor
    isOver = type === 'change' && isRestless()
    if (isOver) socket.terminate()
  })
  // A close follows each error.
  socket.on('error', () => undefined)
  return new Promise((resolve) => {
    socket.on('close', () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
  })
}
