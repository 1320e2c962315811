import { expect, test } from 'vitest'
import { snooze } from './results.ts'

test('a snooze throws when its date is invalid', () => {
  expect(() => snooze(new Date('in a minute'), 'the receiver is busy')).toThrow(RangeError)
})
