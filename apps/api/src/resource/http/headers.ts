import Type from 'typebox'

const key = {
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'a key of your choice, unique per request; ' +
        'for 24 hours a repeated request with it changes nothing and gets the same response',
    }),
  ),
}
const prefer = {
  prefer: Type.Optional(
    Type.String({
      description:
        '`handling=lenient` carries the change over, instead of a 412, when others have changed other fields only',
    }),
  ),
}

export const creating = Type.Object(key)
export const patching = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'the ETag that you read; `*` overwrites any version' })),
  ...prefer,
  ...key,
})
export const changing = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'honoured when sent' })),
  ...prefer,
  ...key,
})
