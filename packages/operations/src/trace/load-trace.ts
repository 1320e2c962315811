import { type ConsumerName, consumersOf, isEventType, policies } from '@goals-tasks/events'
import type pg from 'pg'
import type { OpsQueues } from '../queues.ts'
import { loadAudited, loadNotifications, type TracedNotification } from './effects.ts'
import { loadEntity, type TracedEntity } from './entity.ts'
import { loadEvent, loadEventsOf, type TracedEvent } from './events.ts'
import { type FoundJobs, findJobs, type TracedJob } from './find-jobs.ts'
import { loadWork, type Work } from './work.ts'

/**
 * What became of an event at one consumer. `done` means that nothing is left to do. An event that an operator discarded
 * leaves nothing either, but the audit log shows it: there the row is `missing`.
 */
export type ConsumerTrace = { consumer: ConsumerName } & (
  | { state: 'done'; at: string | null; notifications: TracedNotification[] | null }
  | { state: 'missing' }
  | ({ state: 'pending' | 'dead'; attempts: number; maxAttempts: number } & Omit<Work, 'consumer' | 'eventId'> & Jobs)
)
/** `jobs` is null while Redis is away. Of the states in `partlyRead` only the newest jobs were looked through. */
type Jobs = { jobs: TracedJob[] | null; partlyRead: TracedJob['state'][] }

export type TracedEventWork = TracedEvent & { consumers: ConsumerTrace[] }
/** Without an entity it is the trace of one event. */
export type Trace = { redis: 'ready' | 'away'; entity: TracedEntity | null; events: TracedEventWork[] }

type Deps = { pool: pg.Pool; queues: OpsQueues }

/** Follows an event, or the newest `limit` events of an entity, to every consumer. @returns undefined for an id that is neither */
export async function loadTrace(deps: Deps, id: string, limit: number): Promise<Trace | undefined> {
  const { pool, queues } = deps
  const [event, entity] = await Promise.all([loadEvent(pool, id), loadEntity(pool, id)])
  if (!event && !entity) return undefined
  const events = event ? [event] : await loadEventsOf(pool, id, limit)
  // Before the effects: what is done by now has left them behind.
  const work = await loadWork(
    pool,
    events.map(({ id }) => id),
  )
  const [audited, notifications, jobs] = await Promise.all([
    loadAudited(pool, events),
    loadNotifications(pool, events),
    findAllJobs(queues, work),
  ])
  const seen = { work, audited, notifications, jobs }
  return {
    redis: [...jobs.values()].includes(null) || !queues.available() ? 'away' : 'ready',
    entity: event ? null : (entity ?? null),
    events: events.map((event) => ({ ...event, consumers: concerned(event, work).map((c) => follow(event, c, seen)) })),
  }
}

type Seen = {
  work: readonly Work[]
  audited: ReadonlyMap<string, string>
  notifications: readonly TracedNotification[]
  jobs: ReadonlyMap<ConsumerName, FoundJobs | null>
}

/** Those that are subscribed now, and those that still have work from when they were. */
const concerned = (event: TracedEvent, work: readonly Work[]): ConsumerName[] => [
  ...new Set([
    ...(isEventType(event.type) ? consumersOf(event.type) : []),
    ...work.flatMap((left) => (left.eventId === event.id ? [left.consumer] : [])),
  ]),
]

function follow(event: TracedEvent, consumer: ConsumerName, seen: Seen): ConsumerTrace {
  const left = seen.work.find((work) => work.eventId === event.id && work.consumer === consumer)
  if (left) return followWork(left, seen.jobs.get(consumer) ?? null)
  if (consumer === 'audit-log') {
    const at = seen.audited.get(event.id)
    return at === undefined ? { consumer, state: 'missing' } : { consumer, state: 'done', at, notifications: null }
  }
  if (consumer !== 'notifications') return { consumer, state: 'done', at: null, notifications: null }
  const notifications = seen.notifications.filter(({ eventId }) => eventId === event.id)
  return { consumer, state: 'done', at: notifications[0]?.createdAt ?? null, notifications }
}

function followWork({ consumer, eventId, ...left }: Work, jobs: FoundJobs | null): ConsumerTrace {
  return {
    consumer,
    state: left.deadLetterId === null ? 'pending' : 'dead',
    ...left,
    maxAttempts: policies[consumer].attempts,
    jobs: jobs?.of(eventId) ?? null,
    partlyRead: jobs?.partlyRead ?? [],
  }
}

/** Of consumers that have something left; null where Redis does not answer. */
async function findAllJobs(
  queues: OpsQueues,
  work: readonly Work[],
): Promise<ReadonlyMap<ConsumerName, FoundJobs | null>> {
  const concerned = queues.all.flatMap(({ consumer, queue }) => {
    const left = work.filter((one) => one.consumer === consumer)
    return left.length > 0 ? [{ consumer, queue, left }] : []
  })
  const looks = await Promise.allSettled(
    concerned.map(async ({ consumer, queue, left }) => (queues.available() ? findJobs(queue, consumer, left) : null)),
  )
  const found = looks.map((look) => (look.status === 'fulfilled' ? look.value : null))
  return new Map(concerned.map(({ consumer }, i) => [consumer, found[i] ?? null]))
}
