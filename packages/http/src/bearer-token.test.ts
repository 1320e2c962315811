import { expect, test } from 'vitest'
import { bearerTokenOf } from './bearer-token.ts'

test.for(['Bearer abc', 'bearer abc', 'BEARER abc'])('a token is found in the header %j', (authorization) => {
  expect(bearerTokenOf({ authorization })).toBe('abc')
})

test.for([undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'abc'])('no token is found in the header %j', (header) => {
  expect(bearerTokenOf(header === undefined ? {} : { authorization: header })).toBeUndefined()
})
