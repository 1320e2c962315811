import type { ServerResponse } from 'node:http'
import type { FeedMessage } from './follow.ts'
import type { EndReason, StreamSink } from './streams.ts'

/** A client comes back after this time at the earliest, and at most `spreadMs` later. */
const retry = { leastMs: 1_000, spreadMs: 4_000 }

export const eventStreamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // Without this header, nginx holds back events until its buffer is full.
  'x-accel-buffering': 'no',
}

/** Sends a feed as server-sent events. Calls `begin`, which sets the headers, before the first of them. */
export function createEventStream(response: ServerResponse, begin: () => void): StreamSink {
  const write = (block: string): void => {
    if (response.destroyed || response.writableEnded) return
    if (!response.headersSent) begin()
    response.write(block)
  }
  return {
    send: (message) => write(blockOf(message)),
    unsentBytes: () => response.writableLength,
    end(reason: EndReason) {
      // A client that takes nothing takes no last event either.
      if (reason === 'too-slow') return void response.destroy()
      const retryMs = Math.round(retry.leastMs + Math.random() * retry.spreadMs)
      write(`retry: ${retryMs}\n${fields({ event: 'end', data: JSON.stringify({ reason }) })}`)
      response.end()
    },
  }
}

function blockOf(message: FeedMessage): string {
  const { type } = message
  if (type === 'heartbeat') return fields({ id: message.cursor })
  if (type === 'ready') return fields({ id: message.cursor, event: type, data: JSON.stringify(pick(message)) })
  if (type === 'change') return fields({ id: message.cursor, event: type, data: message.text })
  if (type === 'lagging') return fields({ event: type, data: JSON.stringify({ reason: message.reason }) })
  const { reason, snapshot } = message
  return fields({ id: snapshot.cursor, event: type, data: JSON.stringify({ reason, snapshot }) })
}

const pick = ({ cursor }: { cursor: string }) => ({ cursor })

/** Returns an event. A block without data changes the last id of the client and dispatches no event. */
const fields = (block: { id?: string; event?: string; data?: string }): string =>
  `${Object.entries(block)
    .map(([name, value]) => `${name}: ${value.replaceAll('\n', '\ndata: ')}\n`)
    .join('')}\n`
