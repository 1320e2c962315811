import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { insertContact, linkTokens, openMail, publicUrl } from '../support/mail.ts'
import { countRows, makeDue, pendingDeliveries } from '../support/rows.ts'
import { test as base } from '../support/test.ts'
import { quickPolicy, startWorker } from '../support/test-worker.ts'

const [owner, assignee] = [randomUUID(), randomUUID()]
const serve = ['notifications', 'email'] as const
const policies = { email: quickPolicy(3) }

const test = base
  .extend('mail', ({ installation }) => openMail(installation.pool))
  .extend('assign', ({ installation, write }) => async (title = 'a task') => {
    const goal = await write.goal(owner)
    const task = await write.task(goal.entity, { assignedTo: assignee, title }, { extra: ['task:assigned'] })
    installation.dispatcher.dispatch(task.events)
    return { task: task.entity, cause: task.events.find((event) => event.type === 'task:assigned') }
  })
  .extend(
    'idle',
    ({ installation }) =>
      () =>
        until(async () => {
          const { notifications, email } = await pendingDeliveries(installation.pool)
          return notifications === undefined && email === undefined
        }),
  )

test('a recipient with a confirmed address gets one mail per event', async ({ installation, mail, assign, idle }) => {
  const { pool, lines } = installation
  await insertContact(pool, assignee)
  startWorker(installation, { serve, mail: mail.settings })
  const { task, cause } = await assign('Book a course')
  await idle()
  const [received, ...others] = mail.server.received
  expect(others).toEqual([])
  expect(received).toMatchObject({
    recipient: 'ada@people.example',
    subject: 'Assigned to you: Book a course',
    messageId: `<${cause?.id}.${assignee}@goals.example>`,
  })
  expect(received?.text).toContain('You were assigned the task “Book a course”.')
  expect(received?.text).toContain(`https://app.example/tasks/${task.id}`)
  const link =
    /<(\S+)>/.exec(received?.headerLines.find(({ key }) => key === 'list-unsubscribe')?.line ?? '')?.[1] ?? ''
  expect(link.startsWith(`${publicUrl}/mail/unsubscribe?token=`)).toBe(true)
  expect(linkTokens.parseUnsubscription(link.split('=')[1] ?? '')).toEqual({ userId: assignee, kind: 'task-assigned' })
  expect(JSON.stringify(lines)).not.toContain('people.example')
})

test('a mail that is sent emits one event, which no feed shows', async ({ installation, mail, assign, idle }) => {
  const { pool } = installation
  await insertContact(pool, assignee)
  startWorker(installation, { serve, mail: mail.settings })
  await assign()
  await idle()
  const { rows } = await pool.query(
    `select e.after->>'channel' as channel,
            array(select reader_id from event_readers r where r.event_id = e.id) as readers,
            c.type as cause, (select sent_at is not null from notifications n where n.id = e.aggregate_id) as is_sent
     from events e join events c on c.id = e.causation_id where e.type = 'notification:sent' order by channel desc`,
  )
  expect(rows).toEqual([
    { channel: 'in-app', readers: [assignee], cause: 'task:assigned', is_sent: false },
    { channel: 'email', readers: [], cause: 'mail:planned', is_sent: true },
  ])
})

test.for([
  ['has no contact', async () => undefined, []],
  ['has not confirmed the address', (pool) => insertContact(pool, assignee, { isVerified: false }), []],
  [
    'has turned the kind off',
    async (pool) => {
      await insertContact(pool, assignee)
      await pool.query(`insert into notification_preferences values ($1, 'task-assigned', 'email', false)`, [assignee])
    },
    [],
  ],
  [
    'has turned the kind off for the inbox only',
    async (pool) => {
      await insertContact(pool, assignee)
      await pool.query(`insert into notification_preferences values ($1, 'task-assigned', 'in-app', false)`, [assignee])
    },
    ['email'],
  ],
] as [string, (pool: Parameters<typeof insertContact>[0]) => Promise<unknown>, string[]][])(
  'a mail is planned only when it may be sent: the recipient %s',
  async ([, prepare, channels], { installation, mail, assign, idle }) => {
    const { pool } = installation
    await prepare(pool)
    startWorker(installation, { serve, mail: mail.settings })
    await assign()
    await idle()
    const { rows } = await pool.query(`select channel from notifications where channel = 'email'`)
    expect(rows.map(({ channel }) => channel)).toEqual(channels)
    expect(mail.server.received).toHaveLength(channels.length)
  },
)

test.for([
  ['no contact', `delete from contacts`],
  ['not confirmed', `update contacts set verified_at = null`],
  ['turned off', `insert into notification_preferences select user_id, 'task-assigned', 'email', false from contacts`],
] as const)(
  'a planned mail is not sent when it no longer may be: %s',
  async ([reason, change], { installation, mail, assign, idle }) => {
    const { pool } = installation
    await insertContact(pool, assignee)
    const planner = startWorker(installation, { serve: ['notifications'] })
    await assign()
    await until(async () => (await pendingDeliveries(pool)).notifications === undefined)
    await planner.close()
    await pool.query(change)
    startWorker(installation, { serve: ['email'], mail: mail.settings })
    await makeDue(pool)
    await idle()
    expect(mail.server.received).toEqual([])
    const { rows } = await pool.query(`select skip_reason, sent_at from notifications where channel = 'email'`)
    expect(rows).toEqual([{ skip_reason: reason, sent_at: null }])
  },
)

test('a mail is sent later when the mail server refuses it for now', async ({ installation, mail, assign, idle }) => {
  await insertContact(installation.pool, assignee)
  mail.server.answer(451, { data: 452 })
  startWorker(installation, { serve, policies, mail: mail.settings })
  await assign()
  await idle()
  expect(mail.server.received).toHaveLength(1)
  expect(await countRows(installation.pool, 'dead_letters')).toBe(0)
})

test('a mail is a dead letter with its reason when the mail server refuses it for good', async ({
  installation,
  mail,
  assign,
  idle,
}) => {
  const { pool, lines } = installation
  await insertContact(pool, assignee)
  mail.server.answer(550)
  startWorker(installation, { serve, policies, mail: mail.settings })
  await assign()
  await idle()
  const { rows } = await pool.query('select consumer, attempts, error, event from dead_letters')
  expect(rows).toEqual([
    { consumer: 'email', attempts: 1, error: expect.stringMatching(/^bounced: .*550/), event: expect.anything() },
  ])
  await until(() => lines.find((line) => line.msg === 'moved to the dead letters'))
  expect(JSON.stringify([rows, lines])).not.toContain('people.example')
  expect(mail.server.attempts()).toBe(1)
})

test('a mail is repeated under the same id when its server dies after it took the mail', async ({
  installation,
  mail,
  assign,
  idle,
}) => {
  await insertContact(installation.pool, assignee)
  mail.server.answer('die')
  startWorker(installation, { serve, policies, mail: mail.settings })
  await assign()
  await idle()
  const ids = mail.server.received.map(({ messageId }) => messageId)
  expect(ids).toEqual([ids[0], ids[0]])
  const sent = await countRows(installation.pool, `events where type = 'notification:sent'`)
  expect(sent).toBe(2)
})

test('a mail is not sent again when its delivery comes a second time', async ({ installation, mail, assign, idle }) => {
  const { pool } = installation
  await insertContact(pool, assignee)
  startWorker(installation, { serve, mail: mail.settings, timings: { sweepEveryMs: 20 } })
  await assign()
  await idle()
  await pool.query(
    `insert into deliveries (consumer, event_id, due_at)
     select 'email', id, now() - interval '1 second' from events where type = 'mail:planned'`,
  )
  await idle()
  expect(mail.server.received).toHaveLength(1)
})

test('no mail is planned when no worker has a mail server', async ({ installation, assign, idle }) => {
  const { pool } = installation
  await insertContact(pool, assignee)
  startWorker(installation, { serve })
  await assign()
  await idle()
  expect(await countRows(pool, `notifications where channel = 'email'`)).toBe(0)
  expect(await countRows(pool, `events where type = 'mail:planned'`)).toBe(0)
})
