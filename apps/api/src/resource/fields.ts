import { Nullable, priorities, stringEnum } from '@goals-tasks/events'
import Type from 'typebox'

export const Title = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })
export const Description = Nullable(Type.String({ maxLength: 20_000 }))
export const Tags = Type.Array(Type.String({ minLength: 1, maxLength: 50 }), { maxItems: 50 })
export const Metadata = Type.Record(Type.String(), Type.Unknown(), {
  description: 'free-form, at most 16 KiB and 8 levels',
})
export const Priority = stringEnum(priorities)
/** The precondition of clients that cannot set If-Match. */
export const Version = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: 'the version that is being changed, in place of If-Match',
})

export const IncludeDeleted = Type.Object(
  { includeDeleted: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)
