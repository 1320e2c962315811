import { Redis } from 'ioredis'

/** Commands of one turn of the event loop travel together; whatever cannot be said now is said again by the runtime. */
export function connectCache(url: string, onError: (error: Error) => void): Redis {
  const connection = new Redis(url, {
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    commandTimeout: 2_000,
    maxRetriesPerRequest: 1,
    connectTimeout: 2_000,
  })
  connection.on('error', onError)
  return connection
}
