import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { insertContact, insertSchedule, linkTokens, openMail } from '../support/mail.ts'
import { countRows, makeDue, pendingDeliveries } from '../support/rows.ts'
import { test as base } from '../support/test.ts'
import { quickPolicy, startWorker } from '../support/test-worker.ts'

const [owner, assignee] = [randomUUID(), randomUUID()]
const serve = ['notifications', 'email'] as const
const timings = { closeDigestsEveryMs: 20, sweepEveryMs: 20 }
const policies = { email: quickPolicy(8) }
const at = (time: string) => Date.parse(`2027-01-04T${time}:00Z`)
const open = `mail_digests where closed_at is null`

/** A user whose mails wait until 08:00 of Berlin, and a worker with a clock of its own, which shows noon at first. */
const test = base
  .extend('mail', ({ installation }) => openMail(installation.pool))
  .extend('clock', () => ({ now: at('12:00') }))
  .extend('work', ({ installation, mail, clock }) => async (schedule = {}) => {
    await insertContact(installation.pool, assignee, { zone: 'Europe/Berlin' })
    await insertSchedule(installation.pool, assignee, schedule)
    return (options = {}) =>
      startWorker(installation, { serve, mail: mail.settings, clock: () => clock.now, timings, policies, ...options })
  })
  .extend('assign', ({ installation, write }) => async (title: string) => {
    const goal = await write.goal(owner)
    const task = await write.task(goal.entity, { assignedTo: assignee, title }, { extra: ['task:assigned'] })
    installation.dispatcher.dispatch(task.events)
  })
  .extend('idle', ({ installation }) => async (): Promise<void> => {
    await until(async () => {
      const { notifications, email } = await pendingDeliveries(installation.pool)
      return notifications === undefined && email === undefined
    })
  })

test('all notifications of a window are one mail, in their order', async ({
  mail,
  clock,
  work,
  assign,
  idle,
  installation,
}) => {
  const start = await work()
  start()
  for (const title of ['First', 'Second', 'Third']) {
    await assign(title)
    await idle()
  }
  expect(await countRows(installation.pool, 'mail_digests')).toBe(1)
  expect(mail.server.received).toEqual([])
  clock.now = at('12:00') + 19 * 3_600_000
  await until(() => mail.server.received.length > 0)
  await idle()
  const [received, ...others] = mail.server.received
  expect(others).toEqual([])
  expect(received?.subject).toBe('3 notifications: Assigned to you: First')
  expect(received?.text).toMatch(/First[\s\S]*Second[\s\S]*Third/)
  const { rows } = await installation.pool.query(
    `select e.after->>'title' as title, c.type as cause from events e join events c on c.id = e.causation_id
     where e.type = 'notification:sent' and e.after->>'channel' = 'email' order by 1`,
  )
  expect(rows).toEqual(['First', 'Second', 'Third'].map((title) => ({ title, cause: 'digest:due' })))
  const link = /token=(\S+?)>/.exec(
    received?.headerLines.find(({ key }) => key === 'list-unsubscribe')?.line ?? '',
  )?.[1]
  expect(linkTokens.parseUnsubscription(link ?? '')).toEqual({ userId: assignee, kind: 'all' })
})

test('a mail in quiet hours waits for their end, and is the usual mail when it is the only one', async ({
  mail,
  clock,
  work,
  assign,
  idle,
}) => {
  const start = await work({ digest: 'off', quietFrom: '12:30', quietUntil: '14:00' })
  start()
  await assign('Book a course')
  await idle()
  expect(mail.server.received).toEqual([])
  clock.now = at('13:00')
  await until(() => mail.server.received.length > 0)
  expect(mail.server.received[0]?.subject).toBe('Assigned to you: Book a course')
  await assign('Later')
  await until(() => mail.server.received.length > 1)
})

test('a mail that is tried again waits when quiet hours have begun', async ({
  mail,
  clock,
  work,
  assign,
  installation,
}) => {
  const start = await work({ digest: 'off', quietFrom: '13:30', quietUntil: '14:00' })
  mail.server.answer(451)
  // The next attempt follows after ten seconds, so not within this worker.
  const refusing = start({ policies: {} })
  await assign('Book a course')
  await until(() => mail.server.attempts() > 0)
  await refusing.close()
  clock.now = at('12:45')
  await makeDue(installation.pool)
  const quiet = start()
  await until(async () => (await countRows(installation.pool, `notifications where skip_reason = 'quiet hours'`)) === 1)
  expect(mail.server.received).toEqual([])
  await quiet.close()
  clock.now = at('13:00')
  await makeDue(installation.pool)
  start()
  await until(() => mail.server.received.length === 1)
})

test('a digest is sent once when several processes look for it, and Redis was flushed', async ({
  mail,
  clock,
  work,
  assign,
  idle,
  installation,
}) => {
  const start = await work()
  const first = start()
  await assign('First')
  await idle()
  await assign('Second')
  await idle()
  await first.close()
  const keys = await installation.producer.keys(`{${installation.prefix}*`)
  if (keys.length > 0) await Promise.all(keys.map((key) => installation.producer.del(key)))
  clock.now = at('12:00') + 19 * 3_600_000
  for (let i = 0; i < 3; i++) start()
  await until(() => mail.server.received.length > 0)
  await until(async () => (await countRows(installation.pool, open)) === 0)
  await idle()
  expect(mail.server.received.map(({ subject }) => subject)).toEqual(['2 notifications: Assigned to you: First'])
})

test('a notification takes the next window when its own is closed', async ({
  mail,
  clock,
  work,
  assign,
  idle,
  installation,
}) => {
  const start = await work({ digest: 'hourly' })
  start()
  await assign('First')
  await idle()
  await installation.pool.query('update mail_digests set closed_at = now()')
  await assign('Second')
  await idle()
  const { rows } = await installation.pool.query('select sends_at from mail_digests order by sends_at')
  expect(rows.map((row) => row.sends_at.getTime())).toEqual([at('13:00'), at('14:00')])
  clock.now = at('14:00')
  await until(() => mail.server.received.length > 0)
  expect(mail.server.received.map(({ subject }) => subject)).toEqual(['Assigned to you: Second'])
})

test.for([
  ['no contact', 'delete from contacts'],
  ['not confirmed', 'update contacts set verified_at = null'],
  ['turned off', `insert into notification_preferences select user_id, 'task-assigned', 'email', false from contacts`],
] as const)(
  'a digest is not sent when it no longer may be: %s',
  async ([reason, change], { mail, clock, work, assign, idle, installation }) => {
    const start = await work()
    start()
    await assign('First')
    await assign('Second')
    await idle()
    await installation.pool.query(change)
    clock.now = at('12:00') + 19 * 3_600_000
    await until(async () => (await countRows(installation.pool, open)) === 0)
    await idle()
    expect(mail.server.received).toEqual([])
    const { rows } = await installation.pool.query(
      `select distinct skip_reason, sent_at from notifications where channel = 'email'`,
    )
    expect(rows).toEqual([{ skip_reason: reason, sent_at: null }])
  },
)

test('a digest is repeated under the same id when its server dies after it took the mail', async ({
  mail,
  clock,
  work,
  assign,
  idle,
}) => {
  const start = await work()
  mail.server.answer('die')
  start()
  await assign('First')
  await assign('Second')
  await idle()
  clock.now = at('12:00') + 19 * 3_600_000
  await until(() => mail.server.received.length === 2)
  const ids = mail.server.received.map(({ messageId }) => messageId)
  expect(ids[1]).toBe(ids[0])
})
