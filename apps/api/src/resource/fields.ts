import Type from 'typebox'

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
