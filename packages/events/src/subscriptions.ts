import { type DomainEvent, type EventType, eventTypes } from './catalogue.ts'

const primaries = [
  'goal:created',
  'goal:updated',
  'goal:deleted',
  'task:created',
  'task:updated',
  'task:deleted',
] as const

/**
 * The events of each consumer: the only fan-out rule. `notifications` gets a delivery of those `task:updated` only that
 * are a reason to notify somebody (`unconcerned` in packages/db).
 */
export const subscriptions = {
  'audit-log': primaries,
  'cache-invalidation': primaries,
  notifications: [
    ...(['goal:completed', 'task:updated', 'task:completed', 'task:assigned'] as const),
    ...(['reminder:due', 'webhook:health-changed'] as const),
  ],
  sync: [
    ...([...primaries, 'goal:completed', 'task:completed', 'task:assigned'] as const),
    ...(['notification:sent', 'sync:triggered', 'sync:completed', 'webhook:test'] as const),
  ],
  email: ['mail:planned', 'digest:due'],
} as const satisfies Record<string, readonly EventType[]>

export type ConsumerName = keyof typeof subscriptions
export const consumerNames = Object.keys(subscriptions) as ConsumerName[]

export type EventTypeFor<C extends ConsumerName> = (typeof subscriptions)[C][number]
export type EventFor<C extends ConsumerName> = DomainEvent<EventTypeFor<C>>

export const isConsumerName = (name: string): name is ConsumerName => Object.hasOwn(subscriptions, name)

/** Consumers whose events leave the installation. An event gets a delivery to them only while a receiver exists. */
export const consumersWithReceiver = ['sync', 'email'] as const satisfies readonly ConsumerName[]

/** The consumer that sends events to webhooks. Each webhook is a target of its own. */
export const webhookConsumer = 'sync' satisfies ConsumerName

/** Returns whether the consumer is subscribed to events of this type. No consumer is subscribed to an unknown type. */
export const isSubscribed = (consumer: ConsumerName, type: string): boolean =>
  (subscriptions[consumer] as readonly string[]).includes(type)

const subscribers = new Map(
  eventTypes.map((type) => [type, consumerNames.filter((consumer) => isSubscribed(consumer, type))]),
)

/** Returns the consumers that get a delivery of an event of this type. */
export const consumersOf = (type: EventType): readonly ConsumerName[] => subscribers.get(type) ?? []

// Does not compile when an event has no subscriber.
type Unsubscribed = Exclude<EventType, EventTypeFor<ConsumerName>>
undefined as unknown as Unsubscribed satisfies never
