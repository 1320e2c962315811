import { setTimeout as sleep } from 'node:timers/promises'
import { carriedTrace, traceHeaders } from '@goals-tasks/tracing'
import type { Queue } from 'bullmq'
import type { Logger } from 'pino'
import { enqueueEvents } from './enqueue-events.ts'
import { type Flow, nextFlow, readWaitingJobs } from './flow.ts'
import type { AnyRedis } from './open-redis.ts'
import { type JobData, type JobEvent, maxEventsPerJob } from './queues.ts'

const maxBufferedEvents = 10_000
const maxJobsPerFlush = 50
const logEveryMs = 5_000
/** How long events wait for a full job before the queue is looked at again. */
const holdMs = 50
const defaultMaxHoldMs = 2_000

export type ConsumerQueueOptions = {
  /** A connection of `connectProducer`. The caller closes it. */
  connection: AnyRedis
  log: Logger
  /**
   * The longest wait for a full job. The sweeper takes a delivery for lost that is 5 s older than the oldest waiting
   * job, less the difference of two clocks.
   */
  maxHoldMs?: number
}

export type ConsumerQueue = ReturnType<typeof createConsumerQueue>

/**
 * Buffers the events of one consumer and adds them to its queue, as the number of its waiting jobs allows: see `Flow`.
 * That number comes from Redis, because several processes fill the queue.
 */
export function createConsumerQueue(queue: Queue<JobData>, options: ConsumerQueueOptions) {
  const { connection, log, maxHoldMs = defaultMaxHoldMs } = options
  const waitKey = queue.toKey('wait')
  const buffer: JobEvent[] = []
  const dropLog = createDropLog({ consumer: queue.name, connection, log })
  let flow: Flow = 'direct'
  let running: Promise<void> | undefined
  let isHurried = false
  let endPause: (() => void) | undefined
  // The owner of the connection logs its errors. Without this listener they would end the process.
  queue.on('error', () => undefined)

  const hasFullJob = () => flow === 'fill' && buffer.length >= maxEventsPerJob

  async function run(): Promise<void> {
    while (buffer.length > 0) {
      if (flow !== 'direct') await hold()
      if (flow === 'stop') dropLog.add(buffer.splice(0).length, 'too many jobs wait')
      else await enqueue(buffer.splice(0, sizeOfFlush()))
    }
    isHurried = false
    running = undefined
  }

  /** Full jobs wait for no others, and a rest waits until it makes a full job. */
  function sizeOfFlush(): number {
    const count = Math.min(buffer.length, maxEventsPerJob * maxJobsPerFlush)
    return hasFullJob() && !isHurried ? count - (count % maxEventsPerJob) : count
  }

  async function enqueue(events: readonly JobEvent[]): Promise<void> {
    // On a queue that has never connected, `addBulk` stays pending forever. Its timeouts do not end it.
    if (connection.status !== 'ready') return dropLog.add(events.length, 'Redis is not connected')
    const adding = enqueueEvents(queue, events).catch((error) => dropLog.add(events.length, error.message))
    // Redis counts before it adds, and both replies share the round trip.
    const counting = connection.llen(waitKey).then(
      (waiting) => {
        flow = nextFlow(flow, waiting + Math.ceil(events.length / maxEventsPerJob))
      },
      () => undefined,
    )
    await Promise.all([adding, counting])
  }

  /**
   * Waits until a full job is buffered or the queue is short. Looks at the queue every 50 ms, and stops waiting when a
   * worker took a job meanwhile. While no worker takes one, an earlier job would only be a smaller one.
   */
  async function hold(): Promise<void> {
    const endsAt = performance.now() + maxHoldMs
    let before = await look()
    while (flow !== 'direct' && !hasFullJob() && !isHurried && performance.now() < endsAt) {
      await pause()
      const after = await look()
      if (flow === 'stop' || after !== before) return
      before = after
    }
  }

  /** Updates `flow`. @returns the id of the next job, or null when Redis does not answer: then enqueueing shows why. */
  async function look(): Promise<string | null> {
    try {
      const { waiting, next } = await readWaitingJobs(connection, waitKey)
      flow = nextFlow(flow, waiting)
      return next
    } catch {
      flow = 'direct'
      return null
    }
  }

  async function pause(): Promise<void> {
    const ending = new AbortController()
    endPause = () => ending.abort()
    await sleep(holdMs, undefined, { signal: ending.signal }).catch(() => undefined)
    endPause = undefined
  }

  /** Resolves when every event so far is enqueued or dropped. No event waits for a full job meanwhile. */
  async function flush(): Promise<void> {
    if (!running) return
    isHurried = true
    endPause?.()
    await running
  }

  return {
    push(event: JobEvent): void {
      // A full buffer drops the new event, because a flush of the buffered ones is in progress.
      if (buffer.length >= maxBufferedEvents) {
        dropLog.add(1, 'the buffer is full')
        return
      }
      const { id, type, aggregateId, target } = event
      const trace = carriedTrace(traceHeaders().traceparent)
      buffer.push({ id, type, aggregateId, ...(target && { target }), ...trace })
      // Events of one turn of the event loop share a flush.
      running ??= Promise.resolve().then(run)
    },
    flush,
    async close(): Promise<void> {
      await flush()
      await queue.close()
    },
    stats: () => ({ buffered: buffer.length, leftToSweeper: dropLog.count() }),
  }
}

/**
 * Counts dropped events. Their deliveries become due 30 s after the commit, and then the sweeper enqueues them. The
 * level is debug while the connection is not ready, because its owner logs the outage.
 */
function createDropLog({ consumer, connection, log }: { consumer: string; connection: AnyRedis; log: Logger }) {
  const message = 'events were not enqueued: the sweeper will enqueue them in about 30 s'
  let count = 0
  let unlogged = 0
  let loggedAt = Number.NEGATIVE_INFINITY
  return {
    count: () => count,
    add(events: number, reason: string): void {
      count += events
      if (connection.status !== 'ready') {
        log.debug({ consumer, events, reason }, message)
        return
      }
      unlogged += events
      if (performance.now() - loggedAt < logEveryMs) return
      log.warn({ consumer, events: unlogged, reason }, message)
      loggedAt = performance.now()
      unlogged = 0
    },
  }
}
