import { expect } from 'vitest'
import type { Tx } from '../src/engine/transaction.ts'
import { makeReminders } from '../src/reminders/make.ts'
import { planReminders, type ReminderSlot } from '../src/reminders/plan.ts'
import { test } from './support/plan-test.ts'

const day = { from: '2027-03-01T00:00:00.000Z', to: '2027-03-01T01:00:00.000Z' }

test.beforeAll(async ({ pool }) => {
  await pool.query(
    `with goal as (insert into goals (user_id, title) values (gen_random_uuid(), 'a goal') returning id, user_id)
     insert into tasks (goal_id, owner_id, user_id, title, due_date, due_at, due_zone)
     select id, user_id, user_id, 'x',
            case when i % 2 = 0 then date '2027-01-01' + i / 2 % 365 end,
            case when i % 2 = 1 then timestamptz '2027-01-01 12:00Z' + i / 2 % 365 * interval '1 day' end,
            case when i % 2 = 1 then (array['Europe/London', 'Asia/Tokyo', 'America/New_York', null])[1 + i / 2 % 4] end
     from goal, generate_series(1, 6000) i`,
  )
  await pool.query('vacuum analyze tasks')
})

test('the look for reminders and each batch read due tasks only when there are many tasks', async ({
  pool,
  planOf,
}) => {
  const slots = await planReminders(pool, day)
  const plans = [await planOf((db) => planReminders(db, day))]
  const batch = { after: null, limit: 500 }
  for (const slot of slots) plans.push(await planOf((db) => makeReminders({ ...db, events: [] } as Tx, slot, batch)))
  for (const plan of plans) {
    expect(plan).toMatch(/Scan (using|on) tasks_due_(date|at)/)
    expect(plan).not.toMatch(/Seq Scan on tasks/)
  }
  expect(plans.length).toBeGreaterThan(5)
})

test('a look finds the groups of tasks whose reminders become due in its window', async ({ pool }) => {
  const slots = await planReminders(pool, day)
  const days = (wanted: ReminderSlot['zone']) =>
    slots.filter(({ zone }) => zone === wanted).map(({ kind, remindOn }) => `${remindOn} ${kind}`)
  const atMidnight = ['2027-03-01 due-today', '2027-03-01 overdue', '2027-03-01 overdue', '2027-03-01 overdue']
  expect(days(null)).toEqual(['2027-03-01 due-in-a-day', ...atMidnight])
  for (const zone of ['UTC', 'Europe/London']) expect(days(zone), zone).toEqual(atMidnight)
  // It is the afternoon or the evening elsewhere.
  expect([...days('Asia/Tokyo'), ...days('America/New_York')]).toEqual([])
})
