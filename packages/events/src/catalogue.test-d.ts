/** Mistakes that the compiler must refuse. This file does not compile when one of them is not an error. */
import type { ConsumerName, DomainEvent, EventFor, EventType, EventTypeFor } from './index.ts'
import type { subscriptions } from './subscriptions.ts'

// A table of all consumers that lacks one.
// @ts-expect-error sync is missing
export const incomplete: Record<ConsumerName, number> = { 'audit-log': 1, 'cache-invalidation': 1, notifications: 1 }

// A consumer that handles an event to which it is not subscribed.
// @ts-expect-error the audit log is subscribed to primary events only
export const unsubscribed: EventTypeFor<'audit-log'> = 'task:completed'

// A subscription to an event that does not exist.
// @ts-expect-error no event has this name
export const unknown = { sync: ['goal:exploded'] } satisfies Record<string, readonly EventType[]>

// A case that is not handled.
export function kindOf(event: EventFor<'notifications'>): string {
  switch (event.type) {
    case 'task:assigned':
      return 'assigned'
    case 'task:completed':
      return 'completed'
    default:
      // @ts-expect-error goal:completed is left
      return event satisfies never
  }
}

// An event without a subscriber.
type Subscribed = (typeof subscriptions)[ConsumerName][number]
// @ts-expect-error without sync, notification:sent has no subscriber
undefined as unknown as Exclude<EventType, Exclude<Subscribed, 'notification:sent'>> satisfies never

// A payload of another event.
// @ts-expect-error a created goal has no state before
export const before: DomainEvent<'goal:created'>['before'] = {}
