import { expect, test } from 'vitest'
import { bearerTokenOf } from './bearer-token.ts'
import { Problem } from './problems.ts'

test.for(['Bearer abc', 'bearer abc', 'BEARER abc', 'Bearer  abc', 'Bearer     abc', 'Bearer abc '])(
  'a token is found in the header %j',
  (authorization) => {
    expect(bearerTokenOf({ authorization })).toBe('abc')
  },
)

test.for([undefined, '', 'Bearer', 'Bearer ', 'Bearer   ', 'Basic abc', 'Basic abc def', 'Bearerabc', 'abc'])(
  'no token is found in the header %j',
  (header) => {
    expect(bearerTokenOf(header === undefined ? {} : { authorization: header })).toBeUndefined()
  },
)

test.for([
  'Bearer abc def',
  'Bearer abc  def',
  'Bearer abc, Bearer def',
  'Bearer abc\tdef',
  'Bearer\tabc',
  'Bearer \tabc',
])('the header %j is refused as malformed', (authorization) => {
  const read = () => bearerTokenOf({ authorization })
  expect(read).toThrow(Problem)
  expect(read).toThrow(
    expect.objectContaining({
      code: 'invalid-request',
      headers: { 'www-authenticate': 'Bearer error="invalid_request"' },
    }),
  )
})
