import { expect, test } from 'vitest'
import { dueText } from './due-text.ts'

test.for([
  [{ dueDate: '2027-03-01' }, '1 March 2027'],
  [{ dueAt: '2027-03-01T23:30:00.000Z' }, '1 March 2027 at 23:30 (UTC)'],
  [{ dueAt: '2027-03-01T23:30:00.000Z', dueZone: 'Asia/Tokyo' }, '2 March 2027 at 08:30 (Asia/Tokyo)'],
  // Rows of earlier versions.
  [{ dueAt: '2027-03-01T23:30:00.000Z', dueZone: '+05:30' }, '2 March 2027 at 05:00 (+05:30)'],
  [{ dueAt: '2027-03-01T23:30:00.000Z', dueZone: 'Mars/Olympus' }, '1 March 2027 at 23:30 (UTC)'],
] as const)('a task that is due at %o is shown as %s', ([due, text]) => {
  expect(dueText({ dueDate: null, dueAt: null, dueZone: null, ...due })).toBe(text)
})
