import { randomUUID } from 'node:crypto'
import { moveToDeadLetters, recordReceiver } from '@goals-tasks/db'
import type pg from 'pg'
import { expect } from 'vitest'
import { test as base, insertCompletion } from './support/traces.ts'

type Rows = { eventId: string; userId: string; pool: pg.Pool }

/** A notification in the application, and a way to insert what else Postgres has about its mail. */
const test = base
  .extend('rows', async ({ operations }): Promise<Rows> => {
    const { pool } = operations
    await recordReceiver(pool, 'email', true)
    await pool.query('update receivers set blocked_until = null')
    const { aggregateId } = await operations.createGoal()
    const rows = { eventId: await insertCompletion(operations, aggregateId), userId: randomUUID(), pool }
    await finish(rows)
    await insertNotification(rows, 'in-app')
    return rows
  })
  .extend('mail', ({ rows, traceAt }) => async () => {
    const trace = await traceAt(rows.eventId, 'notifications')
    const found = trace?.state === 'done' ? trace.notifications : null
    return found?.map(({ mail }) => mail).findLast((each) => each !== null)
  })

const finish = ({ pool, eventId }: Rows) => pool.query('delete from deliveries where event_id = $1', [eventId])

async function insertNotification({ pool, eventId, userId }: Rows, channel: string, more = {}): Promise<string> {
  const row = {
    ...{ user_id: userId, kind: 'goal-completed', channel, event_id: eventId, subject_type: 'goal' },
    ...{ subject_id: randomUUID(), title: 'a goal', actor_id: randomUUID(), ...more },
  }
  const names = Object.keys(row)
  const { rows } = await pool.query(
    `insert into notifications (${names}) values (${names.map((_, i) => `$${i + 1}`)}) returning id`,
    Object.values(row),
  )
  return rows[0].id
}

const insertContact = ({ pool, userId }: Rows, verified = `now() - interval '1 hour'`) =>
  pool.query(`insert into contacts (user_id, email, verified_at) values ($1, 'ada@people.example', ${verified})`, [
    userId,
  ])

type PlannedMail = { id: string; type?: string; error?: string | null }

/** Inserts the event of a mail and its delivery. */
async function insertDelivery({ pool }: Rows, { id, type = 'mail:planned', error = null }: PlannedMail) {
  const { rows } = await pool.query(
    `with event as (
       insert into events (type, aggregate_type, aggregate_id, aggregate_version, ordinal, actor_id, after)
       values ($2, 'mail', $1, 1, 0, gen_random_uuid(), '{}') returning id
     ) insert into deliveries (consumer, event_id, due_at, last_error)
       select 'email', id, now() + interval '1 minute', $3 from event returning event_id`,
    [id, type, error],
  )
  return rows[0].event_id as string
}

async function insertDigest({ pool, userId }: Rows, isClosed = false): Promise<string> {
  const { rows } = await pool.query(
    `insert into mail_digests (user_id, sends_at, closed_at)
     values ($1, '2037-01-05T07:00Z', case when $2 then now() end) returning id`,
    [userId, isClosed],
  )
  return rows[0].id
}

test.for([
  ['no receiver', (rows) => recordReceiver(rows.pool, 'email', false), 'the installation sends no mail'],
  ['no contact', async () => undefined, 'the user has no contact'],
  ['an unconfirmed address', (rows) => insertContact(rows, 'null'), 'the address was not confirmed then'],
  [
    'a preference',
    async (rows) => {
      await insertContact(rows)
      await rows.pool.query(
        `insert into notification_preferences (user_id, kind, channel, is_enabled)
         values ($1, 'goal-completed', 'email', false)`,
        [rows.userId],
      )
    },
    'the user has turned the kind off',
  ],
] as [string, (rows: Rows) => Promise<unknown>, string][])(
  'trace says why no mail was planned: %s',
  async ([, prepare, reason], { rows, mail }) => {
    await prepare(rows)
    expect(await mail()).toEqual({ state: 'none', at: null, reason })
  },
)

test.for(['digest', 'quiet hours'])('trace says until when a mail waits: %s', async (reason, { rows, mail }) => {
  await insertNotification(rows, 'email', { digest_id: await insertDigest(rows), skip_reason: reason })
  expect(await mail()).toEqual({ state: 'held', at: '2037-01-05T07:00:00.000Z', reason })
})

test.for([
  ['an error of the mail server', { error: 'the mail server: 451' }, null, 'the mail server: 451'],
  ['quiet hours that began since', {}, 'quiet hours', 'quiet hours'],
  ['an error after quiet hours', { error: 'the mail server: 451' }, 'quiet hours', 'the mail server: 451'],
  ['nothing', {}, null, null],
] as const)(
  'trace says what a planned mail waits for: %s',
  async ([, delivery, skip_reason, reason], { rows, mail }) => {
    const id = await insertNotification(rows, 'email', { skip_reason })
    await insertDelivery(rows, { id, ...delivery })
    expect(await mail()).toEqual({ state: 'pending', at: expect.any(String), reason })
  },
)

test('trace says that no mail is tried while the mail server does not answer', async ({ rows, mail }) => {
  const digestId = await insertDigest(rows, true)
  await insertNotification(rows, 'email', { digest_id: digestId, skip_reason: 'digest' })
  await insertDelivery(rows, { id: digestId, type: 'digest:due' })
  await rows.pool.query(
    `update receivers set blocked_until = now() + interval '1 minute', block_reason = 'ECONNREFUSED'
     where consumer = 'email'`,
  )
  expect(await mail()).toMatchObject({
    state: 'pending',
    reason: 'no mail is tried for now, because the last ones failed: ECONNREFUSED',
  })
})

test.for(['no contact', 'not confirmed', 'turned off'])(
  'trace says why a planned mail was not sent: %s',
  async (reason, { rows, mail }) => {
    await insertNotification(rows, 'email', { skip_reason: reason })
    expect(await mail()).toEqual({ state: 'skipped', at: null, reason })
  },
)

test('trace says that a mail bounced', async ({ rows, mail }) => {
  const id = await insertNotification(rows, 'email')
  const eventId = await insertDelivery(rows, { id })
  await moveToDeadLetters(rows.pool, { consumer: 'email', eventId, error: 'bounced: the mail server: 550' })
  expect(await mail()).toMatchObject({ state: 'dead', reason: 'bounced: the mail server: 550' })
})

test('trace says when a mail was sent', async ({ rows, mail }) => {
  await insertNotification(rows, 'email', { sent_at: '2027-01-04T09:30:00Z' })
  expect(await mail()).toEqual({ state: 'sent', at: '2027-01-04T09:30:00.000Z', reason: null })
})
