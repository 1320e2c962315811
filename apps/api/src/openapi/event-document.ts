import {
  annotated,
  catalogue,
  type EventType,
  eventTypes,
  exampleIds,
  Goal,
  Id,
  internalTypes,
  isSubscribed,
  stringEnum,
  Task,
} from '@goals-tasks/events'
import Type, { type TObject, type TSchema } from 'typebox'
import { eventCause, occurredAt } from '../resource/event-members.ts'
import { createComponents, hoistSchema } from './components.ts'

type SentType = Exclude<EventType, (typeof internalTypes)[number]>

/** The description of each event that leaves the installation. */
export const eventDescriptions: Readonly<Record<SentType, string>> = {
  'goal:created': 'A goal was created.',
  'goal:updated': 'A goal was changed, or restored after a deletion.',
  'goal:deleted': 'A goal was deleted. It can be restored.',
  'goal:completed': 'A goal was completed. It follows the `goal:updated` of the same version.',
  'task:created': 'A task was created.',
  'task:updated': 'A task was changed, or restored after a deletion.',
  'task:deleted': 'A task was deleted, by itself or with its goal. It can be restored.',
  'task:completed': 'A task was completed. It follows the `task:updated` of the same version.',
  'task:assigned': 'A task got an assignee. It follows the primary event of the same version.',
  'notification:sent': 'A user got a notification, in the application or by e-mail.',
  'reminder:due': 'A task is due soon, due today or overdue. Its worker gets a notification.',
  'sync:completed': 'A sync run has sent all goals and tasks to its webhook. Only this webhook gets it.',
  'webhook:test': 'The owner of a webhook tests it. Only this webhook gets it.',
}

const isSent = (type: EventType): type is SentType =>
  isSubscribed('sync', type) && !internalTypes.some((each) => each === type)

/** The events that the service sends today. */
export const sentTypes = eventTypes.filter(isSent)

const value = (only: string, description: string) => stringEnum([only], { description, examples: [only] })

/** The state before the event. It is null for a webhook whose owner sees the entity since the event. */
const orHidden = (before: TSchema): TSchema => (Type.IsNull(before) ? before : Type.Union([before, Type.Null()]))

/** Returns the schema of `data` of an event that its receiver may see. */
export function changeSchema(type: SentType): TObject {
  const { before, after } = catalogue[type].properties
  return Type.Object(
    {
      before: orHidden(before),
      after,
      changes: Type.Record(Type.String(), Type.Object({ from: Type.Unknown(), to: Type.Unknown() }), {
        description: 'The fields that differ, each with its old and its new value. Empty for a new entity.',
        examples: [{ title: { from: 'Learn to swim', to: 'Learn to sail' } }],
      }),
      ...eventCause,
      causationId: { ...eventCause.cascadeId, description: 'The id of the event that caused this one, or null.' },
    },
    { description: 'The change, with the state of the entity before and after it.' },
  )
}

const removed = Type.Object(
  { removed: Type.Literal(true, { description: 'The receiver no longer sees the entity.', examples: [true] }) },
  { title: 'Removed', description: 'The owner of the webhook saw the entity before the event, and not after it.' },
)

/** Returns the schema of an event as it is sent: CloudEvents 1.0 in JSON. */
export function cloudEventSchema(type: SentType): TObject {
  const [prefix = ''] = type.split(':')
  const entity = prefix === 'sync' ? 'sync run' : prefix
  const data = Type.Union([changeSchema(type), removed])
  return envelopeSchema({ type, entity, data, description: eventDescriptions[type] })
}

/** The description of each message of a sync run. It is no event: nothing has happened to the goal or task. */
export const syncedDescriptions = {
  'goal:synced': 'The present state of a goal, in a sync run.',
  'task:synced': 'The present state of a task, in a sync run.',
} as const
type SyncedType = keyof typeof syncedDescriptions
export const syncedTypes = Object.keys(syncedDescriptions) as SyncedType[]

/** Returns the schema of a message of a sync run. Its `id` and `time` stay the same for one version of the entity. */
export function syncMessageSchema(type: SyncedType): TObject {
  const entity = type === 'goal:synced' ? 'goal' : 'task'
  const data = Type.Object(
    {
      runId: annotated(Id, 'The id of the sync run.', exampleIds.syncRun),
      after: entity === 'goal' ? Goal : Task,
    },
    { description: 'The run, and the present state of the entity.' },
  )
  return envelopeSchema({ type, entity, data, description: syncedDescriptions[type] })
}

type Envelope = { type: SentType | SyncedType; entity: string; data: TSchema; description: string }

const envelopeSchema = ({ type, entity, data, description }: Envelope): TObject =>
  Type.Object(
    {
      specversion: value('1.0', 'The version of CloudEvents.'),
      id: annotated(Id, 'The id of the event, the same in every retry. Handle each id once.', exampleIds.event),
      source: annotated(Type.String(), 'The name of the installation.', 'goals-tasks'),
      type: value(type, 'The type of the event.'),
      subject: annotated(Id, `The id of the ${entity}.`, exampleIds.goal),
      time: occurredAt,
      datacontenttype: value('application/json', 'The type of `data`.'),
      aggregatetype: value(entity.replace(' ', '_'), 'The kind of the entity.'),
      aggregateversion: annotated(
        Type.Integer(),
        'The version of the entity after the change. It orders the events of one entity.',
        2,
      ),
      traceparent: Type.Optional(
        annotated(
          Type.String(),
          'The trace of the request, when it had one.',
          '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        ),
      ),
      data,
    },
    { title: keyOf(type), description },
  )

/** Returns the name of the message of an event: `TaskUpdated` for `task:updated`. */
const keyOf = (type: SentType | SyncedType) =>
  type.replaceAll(/(?:^|:)(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Returns the AsyncAPI document of the events, with their JSON Schemas. `version` is that of the release. */
export function eventDocument(version: string): object {
  const { components, put } = createComponents()
  const message = (type: SentType | SyncedType, schema: TObject, summary: string) => [
    keyOf(type),
    { name: type, title: type, summary, payload: hoistSchema({ ...schema }, put) },
  ]
  const messages = Object.fromEntries([
    ...sentTypes.map((type) => message(type, cloudEventSchema(type), eventDescriptions[type])),
    ...syncedTypes.map((type) => message(type, syncMessageSchema(type), syncedDescriptions[type])),
  ])
  const references = (place: string) =>
    Object.fromEntries(Object.keys(messages).map((name) => [name, { $ref: `#/${place}/${name}` }]))
  return {
    asyncapi: '3.1.0',
    info: {
      ...{ title: 'goals-tasks events', version, description: introduction },
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      tags: [{ name: 'events', description: 'The changes of goals, tasks and notifications.' }],
    },
    defaultContentType: 'application/cloudevents+json',
    channels: {
      events: {
        title: 'Events',
        address: null,
        description:
          'The webhooks of users, each of which gets what its owner may see, and the receiver of the installation, ' +
          'which the operator configures as `SYNC_URL`.',
        messages: references('components/messages'),
      },
    },
    operations: {
      sendEvents: {
        action: 'send',
        channel: { $ref: '#/channels/events' },
        title: 'Send events',
        summary: 'Sends each committed event to the receiver by a POST.',
        description:
          'An event is sent until the receiver answers 2xx, for about three days. ' +
          'The header `webhook-id` is the id of the event, and `webhook-signature` is what Standard Webhooks defines.',
        messages: Object.values(references('channels/events/messages')),
      },
    },
    components: { messages, schemas: components.schemas },
  }
}

const introduction =
  'Every committed change of a goal or task is an event. It is sent at least once, always with the same id, and in ' +
  'any order: compare `aggregateversion`.'
