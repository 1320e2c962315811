import { weekDays } from '@goals-tasks/events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type MailSchedule, nextMailTime, quietUntil } from './next-mail-time.ts'

const schedule: MailSchedule = {
  ...{ digest: 'off', digestTime: '08:00', digestDay: 'MONDAY', quietHours: null },
  zone: 'Europe/Berlin',
}
const night = { from: '22:00', until: '07:00' }
const nextAfter = (now: string, of: Partial<MailSchedule>) =>
  new Date(nextMailTime(Date.parse(now), { ...schedule, ...of })).toISOString().replace(':00.000Z', 'Z')

test('a mail is sent at once when its recipient has neither a digest nor quiet hours', () => {
  expect(nextAfter('2027-01-04T12:34Z', {})).toBe('2027-01-04T12:34Z')
})

test.for([
  ['hourly', '2027-01-04T12:00Z', '2027-01-04T13:00Z'],
  ['hourly', '2027-01-04T12:59Z', '2027-01-04T13:00Z'],
  ['daily', '2027-01-04T06:59Z', '2027-01-04T07:00Z'],
  ['daily', '2027-01-04T07:00Z', '2027-01-05T07:00Z'],
  ['weekly', '2027-01-04T06:59Z', '2027-01-04T07:00Z'],
  ['weekly', '2027-01-04T07:00Z', '2027-01-11T07:00Z'],
  ['weekly', '2027-01-09T07:00Z', '2027-01-11T07:00Z'],
] as const)('the window of a %s digest ends after %s at %s', ([digest, now, end]) => {
  expect(nextAfter(now, { digest })).toBe(end)
})

test.for([
  ['before a clock is put forward', '2027-03-27T12:00Z', { digestTime: '02:30' }, '2027-03-28T01:30Z'],
  ['on the day after', '2027-03-28T01:30Z', { digestTime: '02:30' }, '2027-03-29T00:30Z'],
  ['before a clock is put back', '2027-10-30T12:00Z', { digestTime: '02:30' }, '2027-10-31T00:30Z'],
  ['between two equal times', '2027-10-31T00:45Z', { digestTime: '02:30' }, '2027-11-01T01:30Z'],
  [
    'in a zone that puts its clock forward by half an hour',
    '2027-10-02T12:00Z',
    lordHowe('02:15'),
    '2027-10-02T15:45Z',
  ],
  ['in a zone that skipped a whole day', '2011-12-30T06:00Z', apia('09:00'), '2011-12-30T19:00Z'],
] as [string, string, Partial<MailSchedule>, string][])(
  'a daily digest keeps its local time %s',
  ([, now, of, end]) => {
    expect(nextAfter(now, { digest: 'daily', ...of })).toBe(end)
  },
)

function lordHowe(digestTime: string) {
  return { zone: 'Australia/Lord_Howe', digestTime }
}
function apia(digestTime: string) {
  return { zone: 'Pacific/Apia', digestTime }
}

test.for([
  ['2027-01-04T20:59Z', '2027-01-04T20:59Z'],
  ['2027-01-04T21:00Z', '2027-01-05T06:00Z'],
  ['2027-01-05T05:59Z', '2027-01-05T06:00Z'],
  ['2027-01-05T06:00Z', '2027-01-05T06:00Z'],
] as const)('a mail of %s is sent at %s when the quiet hours pass midnight', ([now, sent]) => {
  expect(nextAfter(now, { quietHours: night })).toBe(sent)
})

test('quiet hours do not begin again when the clock shows an hour twice', () => {
  const quietHours = { from: '22:00', until: '02:30' }
  expect(nextAfter('2027-10-31T00:15Z', { quietHours })).toBe('2027-10-31T00:30Z')
  expect(nextAfter('2027-10-31T01:15Z', { quietHours })).toBe('2027-10-31T01:15Z')
})

test('quiet hours end later when the clock skips their end', () => {
  expect(nextAfter('2027-03-28T00:59Z', { quietHours: { from: '22:00', until: '02:30' } })).toBe('2027-03-28T01:30Z')
})

test('a digest waits for the end of the quiet hours when its time lies in them', () => {
  expect(nextAfter('2027-01-04T12:00Z', { digest: 'daily', digestTime: '06:00', quietHours: night })).toBe(
    '2027-01-05T06:00Z',
  )
})

test('a zone that the runtime does not know counts as UTC', () => {
  expect(nextAfter('2027-01-04T06:59Z', { digest: 'daily', zone: 'Mars/Olympus' })).toBe('2027-01-04T08:00Z')
})

const time = fc
  .record({ hour: fc.nat(23), minute: fc.nat(59) })
  .map(({ hour, minute }) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`)
// The API refuses quiet hours without an end.
const quietHours = fc
  .tuple(time, time)
  .filter(([from, until]) => from !== until)
  .map(([from, until]) => ({ from, until }))
const anySchedule = fc.record<MailSchedule>({
  digest: fc.constantFrom('off', 'hourly', 'daily', 'weekly'),
  digestTime: time,
  digestDay: fc.constantFrom(...weekDays),
  quietHours: fc.option(quietHours),
  zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
})
const anyInstant = fc.integer({ min: Date.parse('2027-01-01'), max: Date.parse('2028-01-01') })
const dayMs = 86_400_000
const longestMs = { off: 1, hourly: 1, daily: 2, weekly: 8 }

test('a mail waits no longer than its window and one night', () => {
  fc.assert(
    fc.property(anyInstant, anySchedule, (now, of) => {
      const at = nextMailTime(now, of)
      expect(at).toBeGreaterThanOrEqual(now)
      expect(at - now).toBeLessThanOrEqual((longestMs[of.digest] + 1.1) * dayMs)
      if (of.digest !== 'off') expect(at).toBeGreaterThan(now)
      expect(quietUntil(at, of)).toBeUndefined()
    }),
    { numRuns: 200 },
  )
})
