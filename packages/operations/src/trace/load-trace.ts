import { type ConsumerName, consumersOf, isEventType, webhookConsumer } from '@goals-tasks/events'
import type pg from 'pg'
import type { OpsQueues } from '../queues.ts'
import { type ConsumerTrace, traceUnfinished } from './consumer-trace.ts'
import { loadEffects } from './effects.ts'
import { loadEntity, type TracedEntity } from './entity.ts'
import { loadEvent, loadEventsOf, type TracedEvent } from './events.ts'
import { findAllJobs } from './find-all-jobs.ts'
import { loadTracedSyncRun, type TracedSyncRun } from './sync-run.ts'
import { isForWebhook, loadWebhooks } from './webhooks.ts'
import { loadWork, type Work } from './work.ts'

/** An event with its trace at each consumer that is subscribed to it or has work left on it. */
export type TracedEventWork = TracedEvent & { consumers: ConsumerTrace[] }
/** The newest events of an entity, the last first, or one event when `entity` is null. */
export type Trace = {
  redis: 'ready' | 'away'
  entity: TracedEntity | null
  /** The progress of the sync run that the entity is, or that the event is about. */
  syncRun?: TracedSyncRun
  events: TracedEventWork[]
}

type Deps = { pool: pg.Pool; queues: OpsQueues }

/**
 * Follows an event, or the newest `limit` events of an entity, to every consumer. Reads Postgres, and Redis for the
 * jobs; without Redis the jobs are null. Returns undefined when the id is neither that of an event nor of an entity.
 * Rejects when Postgres does not answer.
 */
export async function loadTrace(deps: Deps, id: string, limit: number): Promise<Trace | undefined> {
  const { pool, queues } = deps
  const [event, entity] = await Promise.all([loadEvent(pool, id), loadEntity(pool, id)])
  if (!event && !entity) return undefined
  const events = event ? [event] : await loadEventsOf(pool, id, limit)
  const isOfRun = event ? event.aggregateType === 'sync_run' : entity?.kind === 'sync run'
  // The work is loaded before the effects: an event that has no work left by then has its effect already.
  const eventIds = events.map((each) => each.id)
  const work = await loadWork(pool, eventIds)
  const [effectOf, jobs, webhooks, syncRun] = await Promise.all([
    loadEffects(pool, events),
    findAllJobs(queues, work),
    loadWebhooks(pool, eventIds, work),
    isOfRun ? loadTracedSyncRun(pool, event?.aggregateId ?? id) : undefined,
  ])

  const unfinished = (left: Work) =>
    traceUnfinished(left, { jobs: jobs.get(left.consumer) ?? null, webhook: webhooks.of(left) })
  /** The consumer itself first, then its webhooks. */
  const tracesAt = (traced: TracedEvent, consumer: ConsumerName): ConsumerTrace[] => {
    const left = work.filter((one) => one.eventId === traced.id && one.consumer === consumer)
    const own = left.find((each) => !isForWebhook(each))
    const done = consumer === webhookConsumer ? webhooks.delivered(traced.id) : []
    return [
      own ? unfinished(own) : { consumer, ...effectOf(consumer, traced) },
      ...left.filter(isForWebhook).map(unfinished),
      ...done
        .filter(({ webhook }) => !left.some(({ target }) => target === webhook.id))
        .map(({ webhook, at }) => ({ consumer, webhook, state: 'done' as const, at, notifications: null })),
    ]
  }
  return {
    redis: [...jobs.values()].includes(null) || !queues.available() ? 'away' : 'ready',
    entity: event ? null : (entity ?? null),
    ...(syncRun && { syncRun }),
    events: events.map((each) => ({
      ...each,
      consumers: involvedConsumers(each, work).flatMap((consumer) => tracesAt(each, consumer)),
    })),
  }
}

/** Returns the consumers that are subscribed to the event, and those with work from an earlier subscription. */
const involvedConsumers = (event: TracedEvent, work: readonly Work[]): ConsumerName[] => [
  ...new Set([
    ...(isEventType(event.type) ? consumersOf(event.type) : []),
    ...work.flatMap((left) => (left.eventId === event.id ? [left.consumer] : [])),
  ]),
]
