import { type DomainEvent, type EventType, eventTypes } from './catalogue.ts'

const primaries = [
  'goal:created',
  'goal:updated',
  'goal:deleted',
  'task:created',
  'task:updated',
  'task:deleted',
] as const

/** Who isSubscribed what: the only fan-out rule. */
export const subscriptions = {
  'audit-log': primaries,
  'cache-invalidation': primaries,
  notifications: ['goal:completed', 'task:completed', 'task:assigned'],
  sync: [...primaries, 'goal:completed', 'task:completed', 'task:assigned', 'notification:sent', 'sync:triggered'],
} as const satisfies Record<string, readonly EventType[]>

export type ConsumerName = keyof typeof subscriptions
export const consumerNames = Object.keys(subscriptions) as ConsumerName[]

export type EventTypeFor<C extends ConsumerName> = (typeof subscriptions)[C][number]
export type EventFor<C extends ConsumerName> = DomainEvent<EventTypeFor<C>>

export const isConsumerName = (name: string): name is ConsumerName => Object.hasOwn(subscriptions, name)

/** Whether the consumer is subscribed to events of this type; of a type that nobody knows, nobody is. */
export const isSubscribed = (consumer: ConsumerName, type: string): boolean =>
  (subscriptions[consumer] as readonly string[]).includes(type)
const listeners = new Map(
  eventTypes.map((type) => [type, consumerNames.filter((consumer) => isSubscribed(consumer, type))]),
)

/** The consumers that get a delivery of an event of this type. */
export const consumersOf = (type: EventType): readonly ConsumerName[] => listeners.get(type) ?? []

// An event that nobody isSubscribed does not compile.
type Unsubscribed = Exclude<EventType, EventTypeFor<ConsumerName>>
undefined as unknown as Unsubscribed satisfies never
