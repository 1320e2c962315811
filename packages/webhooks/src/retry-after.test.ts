import { expect, test } from 'vitest'
import { parseRetryAfterMs } from './retry-after.ts'

const day = 24 * 60 * 60 * 1_000
const now = Date.parse('2026-11-25T12:00:00Z')

test.for([
  [null, 0],
  ['', 0],
  ['soon', 0],
  ['-5', 0],
  ['0', 0],
  ['120', 120_000],
  ['Wed, 25 Nov 2026 12:00:30 GMT', 30_000],
  ['Wed, 25 Nov 2026 11:00:00 GMT', 0],
  ['999999999999', day],
  ['Fri, 31 Dec 9999 23:59:59 GMT', day],
] as const)('a Retry-After of %s means a wait of %i ms', ([header, waitMs]) => {
  expect(parseRetryAfterMs(header, now)).toBe(waitMs)
})
