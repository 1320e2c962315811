import type { NotificationKind } from '@goals-tasks/events'
import fc from 'fast-check'
import type pg from 'pg'
import { insertContact, insertSchedule } from '../mail.ts'
import { sample } from './local-clock.ts'

/** Six zones. New York puts its clock forward in the simulated day, and Sydney puts its clock back. */
export const zones = [
  ...['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Sydney', 'Asia/Kolkata', 'America/Sao_Paulo'],
] as const

export type Person = {
  id: string
  zone: (typeof zones)[number]
  contact: 'confirmed' | 'unconfirmed' | 'none'
  off: { kind: NotificationKind; channel: 'in-app' | 'email' }[]
  /** Null: mails are sent at once. Times are `HH:MM`. */
  schedule: {
    digest: 'off' | 'hourly' | 'daily' | 'weekly'
    digestTime: string
    digestDay: string
    quietHours: { from: string; until: string } | null
  } | null
}

const schedule = fc.record({
  digest: fc.constantFrom('off' as const, 'hourly' as const, 'daily' as const, 'weekly' as const),
  digestTime: fc.constantFrom('02:30', '07:00', '08:15', '13:00', '18:45', '23:59'),
  digestDay: fc.constantFrom('SATURDAY', 'SUNDAY', 'MONDAY'),
  quietHours: fc.option(
    fc.constantFrom(
      ...[
        { from: '22:00', until: '07:00' },
        { from: '22:00', until: '02:30' },
        { from: '02:30', until: '09:00' },
      ],
      ...[{ from: '12:10', until: '13:40' }],
    ),
    { freq: 2 },
  ),
})
const off = fc.record({
  kind: fc.constantFrom<NotificationKind>('task-assigned', 'task-completed', 'task-unassigned', 'task-due-soon'),
  channel: fc.constantFrom('in-app' as const, 'email' as const),
})

const person = fc.record<Omit<Person, 'zone'>>({
  id: fc.uuid({ version: 4 }),
  contact: fc.constantFrom(...Array(8).fill('confirmed'), 'unconfirmed', 'none'),
  off: fc.uniqueArray(off, { maxLength: 2, selector: ({ kind, channel }) => `${kind} ${channel}` }),
  schedule: fc.option(schedule, { freq: 4 }),
})

/** Makes people, as many of each zone. */
export const makePeople = (count: number, seed: number): Person[] =>
  sample(person, count, seed).map((each, i) => ({ ...each, zone: zones[i % zones.length] ?? 'UTC' }))

export const addressOf = ({ id }: Pick<Person, 'id'>): string => `${id}@people.example`

export async function insertPeople(pool: pg.Pool, people: readonly Person[]): Promise<void> {
  for (const person of people) {
    const { id, zone, contact, schedule } = person
    if (contact !== 'none')
      await insertContact(pool, id, { email: addressOf(person), zone, isVerified: contact === 'confirmed' })
    for (const { kind, channel } of person.off)
      await pool.query('insert into notification_preferences values ($1, $2, $3, false)', [id, kind, channel])
    const { from: quietFrom, until: quietUntil } = schedule?.quietHours ?? {}
    if (schedule) await insertSchedule(pool, id, { ...schedule, quietFrom, quietUntil })
  }
}
