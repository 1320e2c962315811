import {
  annotated,
  type EventType,
  eventTypes,
  exampleIds,
  Goal,
  Id,
  Notification,
  stringEnum,
  Task,
} from '@goals-tasks/events'
import Type, { type Static, type TObject } from 'typebox'
import { eventCause, occurredAt } from '../../resource/event-members.ts'
import { listOf } from '../../resource/lists/query.ts'

/** The longest wait of a request, in seconds. */
export const maxWaitSeconds = 20

/** The inbox adds members to a notification, so its schema has another name. */
const SentNotification = Type.Object(Notification.properties, {
  title: 'SentNotification',
  description: 'A notification as it was when it was sent.',
})

/** The kinds of entities in a feed: their bodies, the scope that a token needs for them, and the list to load. */
export const feedEntities = {
  goal: { entity: Goal, title: 'GoalChange', scope: 'goals:read', list: '/v1/goals?deleted=include' },
  task: { entity: Task, title: 'TaskChange', scope: 'tasks:read', list: '/v1/tasks?deleted=include' },
  notification: {
    ...{ entity: SentNotification, title: 'NotificationChange' },
    ...{ scope: 'notifications:read', list: '/v1/notifications' },
  },
} as const
export type FeedEntity = keyof typeof feedEntities
export const feedEntityNames = Object.keys(feedEntities) as FeedEntity[]

const typesOf = (entity: FeedEntity): EventType[] => eventTypes.filter((type) => type.startsWith(`${entity}:`))

const FeedEventType = stringEnum(feedEntityNames.flatMap(typesOf), {
  title: 'FeedEventType',
  description: 'The type of an event in the feed.',
  examples: ['task:updated'],
})

export const ChangesQuery = Type.Object(
  {
    cursor: Type.Optional(
      Type.String({
        maxLength: 4_000,
        description:
          'The `page.nextCursor` of the response before, or `beginning` for the oldest kept event. ' +
          'Without it the feed begins now.',
        examples: ['beginning'],
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        ...{ minimum: 1, maximum: 200, default: 50 },
        description: 'The number of events of a page.',
        examples: [20],
      }),
    ),
    types: listOf(FeedEventType, 'The types of the events to return. A page may then have fewer events than `limit`.'),
    wait: Type.Optional(
      Type.Integer({
        ...{ minimum: 0, maximum: maxWaitSeconds, default: 0 },
        description: 'The seconds to wait for a change when the cursor is at the end of the feed.',
        examples: [10],
      }),
    ),
  },
  { additionalProperties: false },
)
export type ChangesQuery = Static<typeof ChangesQuery>

export const SocketQuery = Type.Pick(ChangesQuery, ['cursor', 'types'], { additionalProperties: false })
export type SocketQuery = Static<typeof SocketQuery>

/** The entities that the end of an assignment hides beside the task. Only an event of a task has them. */
const alsoRemoved = Type.Optional(
  Type.Array(
    Type.Object(
      {
        entityType: stringEnum(['goal', 'task'], { description: 'The kind of the entity.', examples: ['goal'] }),
        entityId: annotated(Id, 'The id of the goal or task.', exampleIds.goal),
      },
      { title: 'RemovedEntity', description: 'A goal or task that you may no longer see.' },
    ),
    {
      description:
        'The entities that you saw only by the assignment that this event ended, and may no longer see: the goal, ' +
        'and tasks that you created in it. Remove your copies. Absent without any.',
    },
  ),
)

const change = (name: FeedEntity, { entity, title }: { entity: TObject; title: string }) => {
  const [type = 'task:updated'] = typesOf(name)
  const state = (description: string) =>
    Type.Optional(Type.Union([entity, Type.Null()], { description: `${description} Absent when \`removed\` is true.` }))
  return Type.Object(
    {
      id: annotated(Id, 'The id of the event. The same event always has the same id.', exampleIds.event),
      type: stringEnum(typesOf(name), { description: 'The type of the event.', examples: [type] }),
      entityType: stringEnum([name], { description: 'The kind of the changed entity.', examples: [name] }),
      entityId: annotated(Id, `The id of the ${name}.`, exampleIds[name]),
      version: Type.Integer({ description: `The version of the ${name} after the change.`, examples: [1] }),
      occurredAt,
      removed: Type.Boolean({
        description: `Whether you may no longer see the ${name} since this change. Remove your copy of it.`,
        examples: [false],
      }),
      ...(name === 'task' && { alsoRemoved }),
      ...Type.Partial(Type.Object(eventCause)).properties,
      before: state(`The ${name} before the change. Null when you could not see it then.`),
      after: state(`The ${name} after the change.`),
    },
    { title, description: `An event of a ${name}, as you may see it.` },
  )
}

const Change = Type.Unsafe({
  title: 'Change',
  description: 'An event of the feed. `entityType` names its kind.',
  oneOf: feedEntityNames.map((name) => change(name, feedEntities[name])),
  discriminator: { propertyName: 'entityType' },
})

export const ChangesPage = Type.Object(
  {
    data: Type.Array(Change, { description: 'The events of the page, in the order of the feed.' }),
    page: Type.Object(
      {
        nextCursor: Type.String({
          description: 'The `cursor` of the next request. It is never null.',
          examples: ['WzEsInhYbDhQS3ZsRHpBcSIsMSwiNzQ0Ojc0NDoiLDE3OTU2NTI1NDI1NDdd'],
        }),
        hasMore: Type.Boolean({ description: 'Whether more events are there already.', examples: [false] }),
      },
      { title: 'FeedPageInfo', description: 'The place after a page of the feed.' },
    ),
  },
  { title: 'ChangesPage', description: 'One page of the feed.' },
)

export const EventStream = Type.String({
  title: 'ChangesStream',
  description:
    'Server-sent events: `ready` with the cursor at which the stream begins, `change` with an event, `lagging` when ' +
    'changes come later, `reset` with a `snapshot` when changes may be missing, and `end`. Each `id` is a cursor. ' +
    'A block with an `id` alone comes every 10 seconds.',
  examples: ['id: WzEsIl8iXQ\nevent: ready\ndata: {"cursor":"WzEsIl8iXQ"}\n\n'],
})
