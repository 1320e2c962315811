import { annotated, exampleIds, Id, Instant, Nullable, stringEnum } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'
import { paging } from '../../resource/lists/query.ts'

const webhookId = annotated(Id, 'The id of the webhook.', exampleIds.webhook)
const eventId = annotated(Id, 'The id of the event, which is the `webhook-id` of its requests.', exampleIds.event)
const eventType = Type.String({ description: 'The type of the event.', examples: ['task:completed'] })
const count = (description: string, example: number) => Type.Integer({ minimum: 0, description, examples: [example] })

export const WebhookParams = Type.Object({ webhookId })
export const MessageParams = Type.Object({ webhookId, eventId })

export const MessageListQuery = Type.Object(
  {
    ...paging,
    undelivered: Type.Optional(
      Type.Boolean({
        description: 'With `true`, only the messages are listed that are not delivered.',
        examples: [true],
      }),
    ),
  },
  { additionalProperties: false },
)
export type MessageListQuery = Static<typeof MessageListQuery>
export const AttemptListQuery = Type.Object(paging, { additionalProperties: false })

export const WebhookMessage = Type.Object(
  {
    id: eventId,
    type: eventType,
    state: stringEnum(['pending', 'failed', 'delivered', 'dead-letter'], {
      title: 'WebhookMessageState',
      description:
        '`pending`: no request was sent yet. `failed`: the last request failed, and another one follows. ' +
        '`delivered`: a request succeeded. `dead-letter`: no more requests follow.',
      examples: ['delivered'],
    }),
    attempts: count('The number of requests in the last 30 days.', 1),
    lastAttemptAt: Nullable(Instant, {
      description: 'The instant of the last request, in UTC, or null.',
      examples: ['2027-01-04T09:30:00.000Z'],
    }),
    lastStatus: Nullable(Type.Integer(), {
      description: 'The HTTP status of the last response. Null without one.',
      examples: [204],
    }),
    lastError: Nullable(Type.String(), {
      description: 'Why the last request failed, or null.',
      examples: [null],
    }),
  },
  { title: 'WebhookMessage', description: 'An event for a webhook, with its present state.' },
)

export const WebhookAttempt = Type.Object(
  {
    id: annotated(Id, 'The id of the attempt.', exampleIds.event),
    attemptedAt: annotated(Instant, 'The instant of the request, in UTC.', '2027-01-04T09:30:00.000Z'),
    status: Nullable(Type.Integer(), {
      description: 'The HTTP status of the response. Null without one.',
      examples: [204],
    }),
    durationMs: count('The duration of the request, in milliseconds.', 87),
    outcome: stringEnum(['delivered', 'failed', 'gone'], {
      title: 'WebhookAttemptOutcome',
      description: '`delivered`: the status was 2xx. `gone`: it was 410. `failed`: anything else.',
      examples: ['delivered'],
    }),
    error: Nullable(Type.String(), { description: 'Why the request failed, or null.', examples: [null] }),
    response: Nullable(Type.String(), {
      description: 'The first 1,024 bytes of the body of the response, or null.',
      examples: ['ok'],
    }),
    replay: Type.Boolean({
      description: 'Whether the request had the header `webhook-replay: true`.',
      examples: [false],
    }),
  },
  { title: 'WebhookAttempt', description: 'One request to a webhook.' },
)

const EventCount = Type.Object(
  {
    count: Type.Integer({ minimum: 0, maximum: 10_000, description: 'The number of events.', examples: [2] }),
    hasMore: Type.Boolean({ description: 'Whether there are more than 10,000.', examples: [false] }),
  },
  { title: 'WebhookEventCount', description: 'A number of events, exact up to 10,000.' },
)

export const Undelivered = Type.Object(
  { pending: EventCount, failed: EventCount, deadLetters: EventCount, skipped: EventCount },
  {
    title: 'UndeliveredEvents',
    description:
      'The events that a webhook did not get. `pending`: without a request so far. `failed`: their last request ' +
      'failed, and another one follows. `deadLetters`: no request follows, until they are sent again by `resend`. ' +
      '`skipped`: since the webhook was disabled, before its filter; they are sent by `replay`.',
  },
)

export const QueuedMessage = Type.Object(
  { id: eventId, type: eventType },
  { title: 'QueuedMessage', description: 'The event that is about to be sent.' },
)

/** A cursor of the feed names the transactions that were open. */
const maxCursorLength = 4_000

export const Replay = Type.Object(
  {
    from: Type.Optional(
      annotated(
        Instant,
        'The time of the first event to send. Default: a day before `to`.',
        '2027-01-04T00:00:00.000Z',
      ),
    ),
    to: Type.Optional(
      annotated(Instant, 'The time before which the last event lies. Default: now.', '2027-01-05T00:00:00.000Z'),
    ),
    fromCursor: Type.Optional(
      Type.String({
        maxLength: maxCursorLength,
        description:
          'A `page.nextCursor` of `GET /v1/changes`, in place of `from` and `to`: the events after it are sent. ' +
          'With `beginning`, all events are sent that are kept.',
        examples: ['beginning'],
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        maxLength: maxCursorLength,
        description: 'The `nextCursor` of the response before, in place of `from`, `to` and `fromCursor`.',
        examples: ['WzEsIl8iXQ'],
      }),
    ),
  },
  {
    title: 'WebhookReplay',
    description: 'The events to send again: of a time, after a cursor of the feed, or the next ones of a replay.',
    additionalProperties: false,
    examples: [{ from: '2027-01-04T00:00:00.000Z', to: '2027-01-05T00:00:00.000Z' }],
  },
)
export type Replay = Static<typeof Replay>

export const ReplayResult = Type.Object(
  {
    count: count('The number of events that this request sends again.', 42),
    nextCursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'The `cursor` of the request that goes on. Null when all events of the replay are queued.',
      examples: [null],
    }),
  },
  { title: 'WebhookReplayResult', description: 'The result of one step of a replay.' },
)
export type ReplayResult = Static<typeof ReplayResult>
