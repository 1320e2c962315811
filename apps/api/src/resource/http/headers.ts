import Type from 'typebox'

const key = {
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'of your choice, unique per request: sent again with it, the request changes nothing and gets the same answer, for 24 hours',
    }),
  ),
}
const prefer = {
  prefer: Type.Optional(
    Type.String({
      description:
        '`handling=lenient`: when others have changed other fields since, carry the change over instead of refusing it with 412',
    }),
  ),
}

export const creating = Type.Object(key)
export const patching = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'the ETag that you read; `*` overwrites whatever is there' })),
  ...prefer,
  ...key,
})
export const changing = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'honoured when sent' })),
  ...prefer,
  ...key,
})
