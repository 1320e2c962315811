import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ResponseHead, readResponse } from './load.ts'

type Pending = { resolve: (response: ResponseHead) => void; reject: (error: Error) => void }
type Connection = { socket: Socket; pending?: Pending | undefined; received?: Buffer | undefined }

/** The queue of new connections of a busy server is short, so no more are opened at once. */
const openedAtOnce = 100

/**
 * Opens `count` connections to a port and sends requests, each on the connection that has been idle for longest: the
 * server closes a connection that sends nothing for 15 s. `send` returns undefined when all are busy, as a client does
 * that finds no free connection, and rejects when its connection closes before the response. A connection that the
 * server closes while it is idle is not used again.
 */
export async function openConnections(port: number, count: number) {
  const all: Connection[] = []
  while (all.length < count) {
    const opened = Array.from({ length: Math.min(openedAtOnce, count - all.length) }, () => open(port))
    await Promise.all(opened.map(({ socket }) => once(socket, 'connect')))
    all.push(...opened)
  }
  const free = [...all]
  let isClosing = false
  for (const connection of all) {
    connection.socket.on('data', (chunk) => {
      connection.received = connection.received ? Buffer.concat([connection.received, chunk]) : chunk
      const response = readResponse(connection.received)
      if (!response) return
      connection.received = undefined
      free.push(connection)
      connection.pending?.resolve(response)
      connection.pending = undefined
    })
    connection.socket.on('close', () => {
      if (isClosing) return
      connection.pending?.reject(new Error('the server closed a connection under load'))
      const place = free.indexOf(connection)
      if (place >= 0) free.splice(place, 1)
    })
  }
  return {
    send(bytes: Buffer): Promise<ResponseHead> | undefined {
      const connection = free.shift()
      if (!connection) return undefined
      return new Promise((resolve, reject) => {
        connection.pending = { resolve, reject }
        connection.socket.write(bytes)
      })
    },
    close(): void {
      isClosing = true
      for (const { socket } of all) socket.destroy()
    },
  }
}

const open = (port: number): Connection => ({ socket: connect({ port, host: '127.0.0.1', noDelay: true }) })
