import { leaseOverdue, oldestOverdueSeconds, snoozeDeliveries } from '@goals-tasks/db'
import { maxEventsPerJob } from '@goals-tasks/events'
import { throttled } from '@goals-tasks/observability'
import pMap from 'p-map'
import type { Context } from '../processing/context.ts'
import { memoryShare } from '../redis/memory.ts'
import { enqueueBatches, enqueueSingle, isKnown, type KnownDelivery } from './enqueue.ts'

const maxEventsPerSweep = 10 * maxEventsPerJob
const maxWaitingJobs = 200
const maxMemoryShare = 0.7
/** Clocks differ, and a commit comes a little before its enqueueing. */
const marginMs = 5_000
const parallelAdds = 20
const tellNoRoomEveryMs = 60_000

/**
 * Enqueues again what no job carries: its API died between commit and enqueueing, or Redis was away, emptied, or came back
 * older. A backlog is left alone. Every enqueueing puts `due_at` one lease ahead and the queue is first in, first out; so a
 * delivery that was due no later than one lease after the oldest waiting job's birth was enqueued before that job and has
 * left the queue. Jobs that run (or whose worker died: BullMQ brings those back) keep their events, too.
 */
export function createSweeper(context: Context): () => Promise<void> {
  const tellNoRoom = throttled(tellNoRoomEveryMs, (room: Room) =>
    context.log.warn({ consumer: context.name, ...room }, 'no room for overdue events'),
  )
  return () => sweep(context, tellNoRoom)
}

async function sweep(context: Context, tellNoRoom: (room: Room) => void): Promise<void> {
  const { name: consumer, pool, timings } = context
  while ((await oldestOverdueSeconds(pool, consumer)) > 0) {
    const room = await lookForRoom(context)
    if (!isRoomy(room)) return tellNoRoom(room)
    // In this order: a job that starts meanwhile is then seen twice rather than not at all.
    const notAfter = await bornBefore(context)
    const except = await runningEvents(context)
    const leased = await leaseOverdue(pool, consumer, {
      limit: maxEventsPerSweep,
      leaseMs: timings.leaseMs,
      notAfter,
      except,
    })
    const known = leased.filter(isKnown)
    if (known.length < leased.length)
      await putAsideOrphans(
        context,
        leased.filter((delivery) => !isKnown(delivery)),
      )
    await enqueue(context, known)
    if (leased.length === 0) context.log.debug({ consumer }, 'what is overdue still has its job')
    if (leased.length < maxEventsPerSweep) return
  }
}

type Room = { waiting: number; memory: number }

async function lookForRoom({ queue, redis }: Context): Promise<Room> {
  const [waiting, memory] = await Promise.all([queue.getWaitingCount(), memoryShare(redis)])
  return { waiting, memory }
}

/** An empty queue takes a batch however short the memory is: it may be others who fill it, and the work would never go on. */
const isRoomy = ({ waiting, memory }: Room): boolean =>
  waiting === 0 || (waiting <= maxWaitingJobs && memory <= maxMemoryShare)

/** Up to which `due_at` a delivery's job must have left the queue; null when no job waits at all. */
async function bornBefore({ queue, timings }: Context): Promise<Date | null> {
  const [oldest] = await queue.getJobs(['waiting'], 0, 0, true)
  return oldest ? new Date(oldest.timestamp + timings.leaseMs - Math.min(marginMs, timings.leaseMs / 2)) : null
}

async function runningEvents({ queue }: Context): Promise<string[]> {
  const jobs = await queue.getJobs(['active'])
  return jobs.flatMap((job) => job.data.events.map((event) => event.id))
}

async function enqueue(context: Context, deliveries: readonly KnownDelivery[]): Promise<void> {
  if (deliveries.length === 0) return
  const { name: consumer, log, metrics } = context
  const isFresh = (delivery: KnownDelivery) => delivery.attempts === 0 && delivery.replays === 0
  const batched = await enqueueBatches(context, deliveries.filter(isFresh))
  // What failed before goes alone, under the id of the retry that should have happened.
  const retries = deliveries.filter((delivery) => !isFresh(delivery))
  await pMap(retries, (delivery) => enqueueSingle(context, delivery), { concurrency: parallelAdds })
  const events = batched + retries.length
  metrics.redispatched.inc({ consumer }, events)
  log.info({ consumer, events }, 'events enqueued again')
}

/** Deliveries of events that do not exist, which nothing in here makes: not to be done, and not to be forgotten silently. */
async function putAsideOrphans(
  { name: consumer, pool, timings, log }: Context,
  orphans: readonly { id: string }[],
): Promise<void> {
  const ids = orphans.map((orphan) => orphan.id)
  await snoozeDeliveries(pool, { consumer, ids, snoozeMs: timings.snoozeMs })
  log.error(
    { consumer, eventId: ids.slice(0, 10), events: ids.length },
    'deliveries without their events are put aside',
  )
}
