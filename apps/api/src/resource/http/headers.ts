import Type from 'typebox'

const header = (description: string, example: string) =>
  Type.Optional(Type.String({ description, examples: [example] }))

const idempotency = {
  'idempotency-key': header(
    'A key of your choice, unique per request. ' +
      'For 24 hours a repeated request with it changes nothing and gets the same response.',
    '8e03978e-40d5-43dd-bc93-6894a57f9324',
  ),
}
const precondition = {
  'if-match': header(
    'The ETag that you read. The request gets 412 when the version has changed since. `*` accepts any version. ' +
      'A PATCH needs this header, or `version` in its body.',
    '"1"',
  ),
}
const preference = {
  prefer: header(
    '`handling=lenient` carries the change over, instead of a 412, when others have changed other fields only. ' +
      'The response then has `Preference-Applied`.',
    'handling=lenient',
  ),
}

export const reading = Type.Object({
  ...precondition,
  'if-none-match': header('The ETag of a response that you have. The response is 304 while it is current.', '"1"'),
})
/** The headers of a read that can also be a stream. */
export const streaming = Type.Object({
  ...reading.properties,
  'last-event-id': header('The last `id` of a stream that ended. It counts in place of `cursor`.', 'WzEsIl8iXQ'),
})
export const creating = Type.Object(idempotency)
export const changing = Type.Object({ ...precondition, ...preference, ...idempotency })
/** A change of the whole entity, which conflicts with every later change: it cannot be carried over. */
export const changingAll = Type.Object({ ...precondition, ...idempotency })
