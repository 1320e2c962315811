import { annotated, eventReasons, exampleIds, Id, Instant, Nullable, stringEnum } from '@goals-tasks/events'
import Type from 'typebox'

/** The instant of an event. */
export const occurredAt = annotated(Instant, 'The instant of the change, in UTC.', '2027-01-04T09:30:00.000Z')

/** The members of an event that say who made the change, and why. */
export const eventCause = {
  actorId: annotated(
    Id,
    'The user who made the change. A change of the service has an id of its own.',
    exampleIds.user,
  ),
  asAdmin: Type.Boolean({ description: 'Whether the token had the scope `admin`.', examples: [false] }),
  via: Nullable(Id, {
    description: 'The API key by which the change was made. Null for a token.',
    examples: [null],
  }),
  reason: Nullable(stringEnum(eventReasons), {
    title: 'EventReason',
    description: 'Why the service made or extended the change. Null when the request alone explains it.',
    examples: [null],
  }),
  correlationId: Nullable(Type.String(), {
    description: 'The X-Request-Id of the request, or null.',
    examples: ['7f3c1d9e-52b8-4a6f-9d0c-8e1b4a7f2c63'],
  }),
  cascadeId: Nullable(Id, {
    description: 'The id that all changes of one request to a goal and its tasks share, or null.',
    examples: [null],
  }),
}
