/** What the compiler has to refuse. Each line below an expected error must stay one, or this file does not compile. */
import type { ConsumerName, DomainEvent, EventFor, EventType, EventTypeFor } from './index.ts'
import type { subscriptions } from './subscriptions.ts'

// A consumer that is missing from a table of all consumers.
// @ts-expect-error sync is missing
export const incomplete: Record<ConsumerName, number> = { 'audit-log': 1, 'cache-invalidation': 1, notifications: 1 }

// A consumer that touches an event that it does not hear.
// @ts-expect-error the audit log isSubscribed primaries only
export const overheard: EventTypeFor<'audit-log'> = 'task:completed'

// A subscription to an event that does not exist.
// @ts-expect-error there is no such event
export const misheard = { sync: ['goal:exploded'] } satisfies Record<string, readonly EventType[]>

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

// An event that nobody isSubscribed.
type Heard = (typeof subscriptions)[ConsumerName][number]
// @ts-expect-error with sync gone, nobody would hear notification:sent
undefined as unknown as Exclude<EventType, Exclude<Heard, 'notification:sent'>> satisfies never

// A payload that is not the event's.
// @ts-expect-error a created goal has nothing before it
export const before: DomainEvent<'goal:created'>['before'] = {}
