import { expect, test } from 'vitest'
import { messageOf } from './message-of.ts'

test('an error has its message', () => {
  expect(messageOf(new TypeError('the port is busy'))).toBe('the port is busy')
})

test('an error without a message has its code, else its name', () => {
  const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })
  expect(messageOf(refused)).toBe('ECONNREFUSED')
  expect(messageOf(new AggregateError([]))).toBe('AggregateError')
})

test('a thrown value that is no error is shown as text', () => {
  expect(messageOf('away')).toBe('away')
  expect(messageOf(undefined)).toBe('undefined')
})
