import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Starts a receiver of sync, which takes `responseMs` for a response. `arrivedAt` has the arrival of each event, in
 * milliseconds since the epoch.
 */
export async function startReceiver(responseMs = 0) {
  const arrivedAt = new Map<string, number>()
  const server = createServer((request, response) => {
    arrivedAt.set(String(request.headers['webhook-id']), performance.timeOrigin + performance.now())
    request.resume().on('end', () => setTimeout(() => response.end(), responseMs))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    arrivedAt,
    close: () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}
