import type { Executor } from '@goals-tasks/db'
import { type ConsumerName, consumerNames } from '@goals-tasks/events'
import { loadAuditRows } from './audit-rows.ts'
import type { Effect, FinishedTrace } from './effect.ts'
import type { TracedEvent } from './events.ts'
import { loadNotifications } from './notifications.ts'
import { loadReceived } from './receivers.ts'

/** For a consumer whose effect leaves nothing that Postgres shows. */
const leavesNothing: Effect = async () => () => ({ state: 'done', at: null, notifications: null })

/** The effect of a finished event at each consumer. */
const effects: { [C in ConsumerName]: Effect } = {
  'audit-log': loadAuditRows,
  'cache-invalidation': leavesNothing,
  email: loadReceived('email'),
  notifications: loadNotifications,
  sync: loadReceived('sync'),
}

/** Loads the effects of the events at all consumers. The events are of one entity. */
export async function loadEffects(db: Executor, events: readonly TracedEvent[]) {
  const loaded = new Map(
    await Promise.all(consumerNames.map(async (consumer) => [consumer, await effects[consumer](db, events)] as const)),
  )
  return (consumer: ConsumerName, event: TracedEvent): FinishedTrace => {
    const traceOf = loaded.get(consumer)
    if (!traceOf) throw new Error(`The effect of ${consumer} was not loaded.`)
    return traceOf(event)
  }
}
