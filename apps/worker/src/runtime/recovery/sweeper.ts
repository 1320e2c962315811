import { setTimeout as sleep } from 'node:timers/promises'
import { createOverdueLook, type OverdueLook, returnLeases, snoozeDeliveries } from '@goals-tasks/db'
import { type JobEvent, maxEventsPerJob } from '@goals-tasks/events'
import { throttled } from '@goals-tasks/observability'
import pMap from 'p-map'
import type { Context } from '../context.ts'
import { dropQueue } from '../redis/drop-queue.ts'
import { enqueueBatches, enqueueSingle, isKnown, type KnownDelivery } from '../redis/enqueue.ts'
import { findRefusal } from '../redis/find-refusal.ts'
import { memoryShare } from '../redis/memory.ts'

const maxEventsPerSweep = 10 * maxEventsPerJob
/** While more jobs wait, the sweeper adds none: its jobs are full, and each takes about 12 KB in Redis. */
const maxWaitingJobs = 200
/** The sweeper adds jobs again before the workers run out of them. */
const lowWaitingJobs = 100
const lookEveryMs = 100
const maxMemoryShare = 0.7
/** The clocks of two hosts differ, and a commit comes a little before its job. */
const marginMs = 5_000
const parallelAdds = 20
const reportNoRoomEveryMs = 60_000

/**
 * Enqueues overdue deliveries that no job carries any more: their API died between commit and enqueueing, too many jobs
 * waited, or Redis was away, emptied, or restored from an older state. Works off a backlog of any size in one sweep, at
 * the speed of the workers.
 *
 * Leaves a backlog in the queue alone. Every enqueueing moves `due_at` one lease ahead, and the queue is first in,
 * first out. So a delivery that was due no later than one lease after the oldest waiting job was added was enqueued
 * before that job, and has left the queue. Running jobs keep their events too. BullMQ returns the jobs of a dead worker
 * to the queue.
 */
export function createSweeper(context: Context): () => Promise<void> {
  const look = createOverdueLook(context.name)
  const reportNoRoom = throttled(reportNoRoomEveryMs, (room: Room) =>
    context.log.warn({ consumer: context.name, ...room }, 'no room for overdue events'),
  )
  // The jobs of a paused consumer would only wait, and the limit of waiting jobs would be logged again and again.
  return async () => {
    if (!context.pause.isPaused) await sweep(context, look, reportNoRoom)
  }
}

async function sweep(context: Context, look: OverdueLook, reportNoRoom: (room: Room) => void): Promise<void> {
  const { name: consumer, pool, log, signal } = context
  while (!signal.aborted && (await look.oldestSeconds(pool)) > 0) {
    await ensureWritable(context)
    const room = await measureRoom(context)
    if (!isRoomy(room)) {
      reportNoRoom(room)
      await untilFewWait(context, room)
      continue
    }
    const leased = await leaseUnqueued(context, look)
    await snoozeOrphans(
      context,
      leased.filter((delivery) => !isKnown(delivery)),
    )
    await enqueueAgain(context, leased.filter(isKnown))
    if (leased.length === 0) log.debug({ consumer }, 'every overdue event still has its job')
    if (leased.length < maxEventsPerSweep) return
  }
}

/**
 * Drops the jobs of a full Redis, so that it takes some again.
 * @throws Error when Redis refuses jobs for another reason, or is full of other keys: a lease without a job would hide
 * from the watchdog and from the metrics that the deliveries are overdue
 */
async function ensureWritable(context: Context): Promise<void> {
  const { name: consumer, log, metrics } = context
  const refusal = await findRefusal(context)
  if (refusal === null) return
  const jobs = refusal.startsWith('OOM ') ? await dropQueue(context) : 0
  if (jobs === 0) throw new Error(`Redis refuses jobs: ${refusal}`)
  metrics.dropped.inc({ consumer }, jobs)
  log.warn({ consumer, jobs }, 'Redis is full: dropped the jobs of the consumer, and enqueues their events again')
}

/** Leases overdue deliveries that no waiting or running job carries. */
async function leaseUnqueued(context: Context, look: OverdueLook) {
  const { pool, timings } = context
  // In this order: a job that starts in between is then counted twice, never missed.
  const notAfter = await latestDueOfLostJobs(context)
  const except = await runningEvents(context)
  const { leaseMs } = timings
  return look.lease(pool, { limit: maxEventsPerSweep, leaseMs, notAfter, except })
}

type Room = { waiting: number; memory: number }

async function measureRoom({ queue, redis }: Context): Promise<Room> {
  const [waiting, memory] = await Promise.all([queue.getWaitingCount(), memoryShare(redis)])
  return { waiting, memory }
}

/**
 * An empty queue takes a batch however little memory is left: other keys may fill the memory, and the events would
 * otherwise wait for ever.
 */
const isRoomy = ({ waiting, memory }: Room): boolean =>
  waiting === 0 || (waiting <= maxWaitingJobs && memory <= maxMemoryShare)

/** Waits until the workers have worked off most of the waiting jobs, or the process stops. */
async function untilFewWait({ queue, signal }: Context, { memory }: Room): Promise<void> {
  const enough = memory <= maxMemoryShare ? lowWaitingJobs : 0
  do await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined)
  while (!signal.aborted && (await queue.getWaitingCount()) > enough)
}

/** Returns the latest `due_at` of deliveries that lost their jobs. Null means every overdue one: no job waits. */
async function latestDueOfLostJobs({ queue, timings }: Context): Promise<Date | null> {
  const [oldest] = await queue.getJobs(['waiting'], 0, 0, true)
  return oldest ? new Date(oldest.timestamp + timings.leaseMs - Math.min(marginMs, timings.leaseMs / 2)) : null
}

async function runningEvents({ queue }: Context): Promise<JobEvent[]> {
  const jobs = await queue.getJobs(['active'])
  return jobs.flatMap((job) => job.data.events)
}

/** Adds jobs for the deliveries. Ends the leases of those that Redis did not take before it throws. */
async function enqueueAgain(context: Context, deliveries: readonly KnownDelivery[]): Promise<void> {
  if (deliveries.length === 0) return
  const { name: consumer, pool, log, metrics } = context
  const missing = new Set(deliveries)
  try {
    await enqueueAll(context, deliveries, (delivery) => missing.delete(delivery))
  } catch (error) {
    await returnLeases(pool, consumer, [...missing])
    throw error
  }
  const events = deliveries.length
  metrics.redispatched.inc({ consumer }, events)
  log.info({ consumer, events }, 'events enqueued again')
}

async function enqueueAll(
  context: Context,
  deliveries: readonly KnownDelivery[],
  onEnqueued: (delivery: KnownDelivery) => void,
): Promise<void> {
  const isFresh = (delivery: KnownDelivery) => delivery.attempts === 0 && delivery.replays === 0
  const fresh = deliveries.filter(isFresh)
  await enqueueBatches(context, fresh)
  fresh.forEach(onEnqueued)
  // A retry or a replay gets a job of its own, under the id of the job that was lost.
  const retries = deliveries.filter((delivery) => !isFresh(delivery))
  await pMap(retries, (delivery) => enqueueSingle(context, delivery).then(() => onEnqueued(delivery)), {
    concurrency: parallelAdds,
  })
}

/** Snoozes deliveries whose events do not exist. No code writes such a delivery, so each stays visible as an error. */
async function snoozeOrphans(
  { name: consumer, pool, timings, log }: Context,
  orphans: readonly Pick<JobEvent, 'id' | 'target'>[],
): Promise<void> {
  if (orphans.length === 0) return
  await snoozeDeliveries(pool, { consumer, events: orphans, snoozeMs: timings.snoozeMs })
  const ids = orphans.map((orphan) => orphan.id)
  log.error({ consumer, eventId: ids.slice(0, 10), events: ids.length }, 'snoozed deliveries whose events do not exist')
}
