import { connect, type Socket } from 'node:net'
import { type ResponseHead, readResponse } from './load.ts'

type Connection = { socket: Socket; resolve?: (response: ResponseHead) => void; received?: Buffer | undefined }

/**
 * Sends requests to a port, each on a connection that has no other request. It opens a connection when all are busy, up
 * to `max`. `send` then returns undefined, as a client does that finds no free connection.
 */
export function createOpenConnections(port: number, max: number) {
  const all = new Set<Connection>()
  const free: Connection[] = []
  let isClosing = false

  function open(): Connection {
    const connection: Connection = { socket: connect({ port, host: '127.0.0.1', noDelay: true }) }
    const { socket } = connection
    socket.on('data', (chunk) => {
      connection.received = connection.received ? Buffer.concat([connection.received, chunk]) : chunk
      const response = readResponse(connection.received)
      if (!response) return
      connection.received = undefined
      free.push(connection)
      connection.resolve?.(response)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (!isClosing) throw new Error('the server closed a connection under load')
    })
    all.add(connection)
    return connection
  }

  return {
    send(bytes: Buffer): Promise<ResponseHead> | undefined {
      const connection = free.pop() ?? (all.size < max ? open() : undefined)
      if (!connection) return undefined
      return new Promise((resolve) => {
        connection.resolve = resolve
        connection.socket.write(bytes)
      })
    },
    close(): void {
      isClosing = true
      for (const { socket } of all) socket.destroy()
    },
  }
}
