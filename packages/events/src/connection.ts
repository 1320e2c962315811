import { type AnyRedis, type NodeOptions, openRedis } from './open-redis.ts'
import { reconnectOnRefusal } from './reconnect-on-refusal.ts'

type OnError = (error: Error) => void

/**
 * A connection that was cut without a word stays open on this side. When a command gets no reply for so long, the
 * connection is closed and a new one opened. A blocking read of BullMQ lasts 10 s at most.
 */
const replyTimeoutMs = { producer: 5_000, worker: 15_000 }

/** Opens a connection that fails fast. The sweeper later enqueues every delivery that could not be enqueued now. */
export const connectProducer = (url: string, onError: OnError): AnyRedis =>
  connect(url, onError, {
    enableOfflineQueue: false,
    commandTimeout: 1_000,
    maxRetriesPerRequest: 1,
    socketTimeout: replyTimeoutMs.producer,
  })

/** Opens a connection that waits for Redis without a limit, as the blocking reads of a worker need it. */
export const connectWorker = (url: string, onError: OnError): AnyRedis =>
  connect(url, onError, { maxRetriesPerRequest: null, socketTimeout: replyTimeoutMs.worker })

function connect(url: string, onError: OnError, options: NodeOptions): AnyRedis {
  const node = { ...options, connectTimeout: 2_000, retryStrategy, reconnectOnError: reconnectOnRefusal }
  const connection = openRedis(url, {
    node,
    cluster: {
      enableOfflineQueue: options.enableOfflineQueue ?? true,
      clusterRetryStrategy: retryStrategy,
      slotsRefreshInterval: 5_000,
      // With that check, a `connect` of ioredis that begins while the cluster is down stays pending for ever. A worker
      // of BullMQ that awaits it fetches no job, although the connection gets ready later.
      enableReadyCheck: false,
    },
  })
  return withErrorListener(connection, onError)
}

const retryStrategy = (times: number) => Math.min(100 * times, 2_000) * (0.75 + Math.random() / 4)

/** Adds the listener without which an error of the connection would end the process. */
export function withErrorListener(connection: AnyRedis, onError: OnError): AnyRedis {
  connection.on('error', (error: Error) => {
    onError(error)
    // Redis refused the database of the URL. The connection would become ready on database 0.
    if (isRefusedSelect(error)) connection.disconnect(true)
  })
  return connection
}

const isRefusedSelect = (error: Error & { command?: { name: string } }) => error.command?.name === 'select'
