import { Redis } from 'ioredis'

type OnError = (error: Error) => void

/** A connection that gives up quickly: whatever it cannot enqueue now, the sweeper enqueues later. */
export function connectProducer(url: string, onError: OnError): Redis {
  return listening(
    new Redis(url, {
      enableOfflineQueue: false,
      commandTimeout: 1_000,
      maxRetriesPerRequest: 1,
      connectTimeout: 2_000,
      retryStrategy,
    }),
    onError,
  )
}

/** A connection that waits for Redis for as long as it takes, as a worker's blocking reads need it. */
export function connectWorker(url: string, onError: OnError): Redis {
  return listening(new Redis(url, { maxRetriesPerRequest: null, connectTimeout: 2_000, retryStrategy }), onError)
}

const retryStrategy = (times: number) => Math.min(100 * times, 2_000) * (0.75 + Math.random() / 4)

/** Without a listener an error of the connection would end the process. */
function listening(connection: Redis, onError: OnError): Redis {
  connection.on('error', onError)
  return connection
}
