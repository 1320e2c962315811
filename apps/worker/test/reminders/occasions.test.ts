import { expect, test } from 'vitest'
import { type Due, insertDueTasks, insertGoal, loadReminders, remindAt, setMadeUntil } from '../support/due-tasks.ts'
import { openPool } from '../support/rows.ts'

type Occasion = readonly [instant: string, kind: string, remindOn: string]
const hourMs = 3_600_000

/** Moves the clock to each instant, and returns the reminders that became due at it. */
async function remindAlong(due: Due, instants: readonly string[]): Promise<Occasion[]> {
  const pool = await openPool(4)
  await insertDueTasks(pool, await insertGoal(pool), due)
  await setMadeUntil(pool, new Date(Date.parse(instants[0] ?? '') - hourMs).toISOString())
  const occasions: Occasion[] = []
  const collect = async (at: string, clock: number) => {
    await remindAt(pool, clock)
    for (const { kind, remindOn } of (await loadReminders(pool)).slice(occasions.length))
      occasions.push([at, kind, remindOn])
  }
  for (const at of instants) {
    await collect(`before ${at}`, Date.parse(at))
    await collect(at, Date.parse(at) + 1)
  }
  const last = Date.parse(instants.at(-1) ?? '')
  for (const hours of [23, 46]) await collect(`${hours} hours later`, last + hours * hourMs)
  return occasions
}

test.for<[name: string, due: Due, expected: Occasion[]]>([
  [
    'a day, which is a day in UTC',
    { dueDate: '2027-03-01' },
    [
      ['2027-02-28T00:00:00Z', 'due-in-a-day', '2027-02-28'],
      ['2027-03-01T00:00:00Z', 'due-today', '2027-03-01'],
      ['2027-03-02T00:00:00Z', 'overdue', '2027-03-02'],
      ['2027-03-03T00:00:00Z', 'overdue', '2027-03-03'],
      ['2027-03-04T00:00:00Z', 'overdue', '2027-03-04'],
    ],
  ],
  [
    'an instant without a zone',
    { dueAt: '2027-03-01T15:30:00Z' },
    [
      ['2027-02-28T15:30:00Z', 'due-in-a-day', '2027-02-28'],
      ['2027-03-01T00:00:00Z', 'due-today', '2027-03-01'],
      ['2027-03-02T00:00:00Z', 'overdue', '2027-03-02'],
      ['2027-03-03T00:00:00Z', 'overdue', '2027-03-03'],
      ['2027-03-04T00:00:00Z', 'overdue', '2027-03-04'],
    ],
  ],
  [
    'an instant in a zone whose clock is put forward during the next day',
    { dueAt: '2027-03-27T22:30:00Z', dueZone: 'Europe/Berlin' },
    [
      ['2027-03-26T22:30:00Z', 'due-in-a-day', '2027-03-26'],
      ['2027-03-26T23:00:00Z', 'due-today', '2027-03-27'],
      ['2027-03-27T23:00:00Z', 'overdue', '2027-03-28'],
      ['2027-03-28T22:00:00Z', 'overdue', '2027-03-29'],
      ['2027-03-29T22:00:00Z', 'overdue', '2027-03-30'],
    ],
  ],
  [
    'an instant in a zone whose clock skips the midnight of the due day',
    { dueAt: '2024-04-26T09:00:00Z', dueZone: 'Africa/Cairo' },
    [
      ['2024-04-25T09:00:00Z', 'due-in-a-day', '2024-04-25'],
      ['2024-04-25T22:00:00Z', 'due-today', '2024-04-26'],
      ['2024-04-26T21:00:00Z', 'overdue', '2024-04-27'],
      ['2024-04-27T21:00:00Z', 'overdue', '2024-04-28'],
      ['2024-04-28T21:00:00Z', 'overdue', '2024-04-29'],
    ],
  ],
  [
    'an instant in a zone whose clock shows the midnight of the due day twice',
    { dueAt: '2024-11-03T20:00:00Z', dueZone: 'America/Havana' },
    [
      ['2024-11-02T20:00:00Z', 'due-in-a-day', '2024-11-02'],
      ['2024-11-03T04:00:00Z', 'due-today', '2024-11-03'],
      ['2024-11-04T05:00:00Z', 'overdue', '2024-11-04'],
      ['2024-11-05T05:00:00Z', 'overdue', '2024-11-05'],
      ['2024-11-06T05:00:00Z', 'overdue', '2024-11-06'],
    ],
  ],
  [
    'an instant in a zone of 45 minutes',
    { dueAt: '2027-03-01T00:00:00Z', dueZone: 'Asia/Kathmandu' },
    [
      ['2027-02-28T00:00:00Z', 'due-in-a-day', '2027-02-28'],
      ['2027-02-28T18:15:00Z', 'due-today', '2027-03-01'],
      ['2027-03-01T18:15:00Z', 'overdue', '2027-03-02'],
      ['2027-03-02T18:15:00Z', 'overdue', '2027-03-03'],
      ['2027-03-03T18:15:00Z', 'overdue', '2027-03-04'],
    ],
  ],
  [
    'an instant with the offset of an earlier version',
    { dueAt: '2027-03-01T12:00:00Z', dueZone: '-0030' },
    [
      ['2027-02-28T12:00:00Z', 'due-in-a-day', '2027-02-28'],
      ['2027-03-01T00:30:00Z', 'due-today', '2027-03-01'],
      ['2027-03-02T00:30:00Z', 'overdue', '2027-03-02'],
      ['2027-03-03T00:30:00Z', 'overdue', '2027-03-03'],
      ['2027-03-04T00:30:00Z', 'overdue', '2027-03-04'],
    ],
  ],
  [
    'an instant with a zone that does not exist, which counts as UTC',
    { dueAt: '2027-03-01T00:00:00Z', dueZone: 'Mars/Olympus' },
    [
      ['2027-02-28T00:00:00Z', 'due-in-a-day', '2027-02-28'],
      ['2027-03-01T00:00:00Z', 'due-today', '2027-03-01'],
      ['2027-03-02T00:00:00Z', 'overdue', '2027-03-02'],
      ['2027-03-03T00:00:00Z', 'overdue', '2027-03-03'],
      ['2027-03-04T00:00:00Z', 'overdue', '2027-03-04'],
    ],
  ],
])('reminders become due at their instants when the task is due at %s', async ([, due, expected]) => {
  const instants = expected.map(([at]) => at)
  expect(await remindAlong(due, instants)).toEqual(expected)
})
