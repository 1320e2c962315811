import { maxReasonLength } from '@goals-tasks/db/operator-limits'
import { consumerNames, Id, Instant, stringEnum } from '@goals-tasks/events'
import Type from 'typebox'

const closed = { additionalProperties: false }
const Consumer = stringEnum(consumerNames)
const filter = {
  error: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: "a part of the error's text" })),
  diedFrom: Type.Optional(Instant),
  diedBefore: Type.Optional(Instant),
}

export const Params = Type.Object({ id: Id })
export const NoQuery = Type.Object({}, closed)
export const ListQuery = Type.Object(
  {
    consumer: Type.Optional(Consumer),
    ...filter,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Id),
  },
  closed,
)
export const GroupQuery = Type.Object({ consumer: Type.Optional(Consumer), ...filter }, closed)
/** One request changes at most a thousand dead letters: replaying all of them could cause the next outage. */
export const BulkChange = Type.Object(
  {
    consumer: Consumer,
    ...filter,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    dryRun: Type.Optional(Type.Boolean()),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: maxReasonLength })),
  },
  closed,
)
