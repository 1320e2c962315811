import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import type { Installation } from '../support/installation.ts'
import { insertContact, openMail } from '../support/mail.ts'
import { startReceiver } from '../support/receiver.ts'
import { countRows } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { startWorker } from '../support/test-worker.ts'
import { insertWebhook } from '../support/webhooks.ts'

const owner = randomUUID()
const timings = { reportHealthEveryMs: 20 }

const notificationsOf = async ({ pool }: Installation) =>
  (
    await pool.query(
      `select user_id as "userId", kind, subject_type as "subjectType", subject_id as "subjectId", title, text
       from notifications where channel = 'in-app' order by id`,
    )
  ).rows

test('the owner is notified once when a webhook is disabled while two replicas work', async ({
  installation,
  write,
}) => {
  const { url } = await startReceiver((response) => response.writeHead(410).end())
  const { id } = await insertWebhook(installation.pool, { ownerId: owner, url })
  for (let replica = 0; replica < 2; replica++) startWorker(installation, { serve: ['sync', 'notifications'], timings })
  for (let i = 0; i < 3; i++) installation.dispatcher.dispatch((await write.goal(owner)).events)
  await until(async () => (await notificationsOf(installation)).length > 0)
  await until(async () => (await countRows(installation.pool, "deliveries where consumer = 'notifications'")) === 0)
  const { host } = new URL(url)
  expect(await notificationsOf(installation)).toEqual([
    {
      ...{ userId: owner, kind: 'webhook-disabled', subjectType: 'webhook', subjectId: id, title: host },
      text: expect.stringMatching(
        /^The webhook “127\.0\.0\.1:\d+” was disabled on .+ \(UTC\), because its address answered 410\. It gets/,
      ),
    },
  ])
})

test('the owner is notified by mail of a suspension, with its reason, unless they turned it off', async ({
  installation,
  write,
}) => {
  const { pool } = installation
  const mail = await openMail(pool)
  await insertContact(pool, owner)
  await pool.query(`insert into notification_preferences values ($1, 'webhook-healthy', 'email', false)`, [owner])
  let isDown = true
  const { url } = await startReceiver((response) => response.writeHead(isDown ? 503 : 200).end())
  const { id } = await insertWebhook(pool, { ownerId: owner, url })
  const limits = { suspendAfter: 1, probeWaitsMs: [50] as [number], disableAfterMs: 3_600_000 }
  startWorker(installation, { mail: mail.settings, timings, sync: { limits } })
  installation.dispatcher.dispatch((await write.goal(owner)).events)
  await until(() => mail.server.received.length > 0)
  expect(mail.server.received[0]).toMatchObject({
    subject: expect.stringMatching(/^Webhook suspended: /),
    text: expect.stringContaining('because it failed again and again: the receiver answered 503. Its events wait.'),
  })
  expect(mail.server.received[0]?.text).toContain(`https://app.example/webhooks/${id}`)

  isDown = false
  await until(async () => (await countRows(pool, `webhooks where health = 'healthy'`)) === 1)
  await pool.query(`update webhook_health_changes set changed_at = changed_at - interval '10 minutes'`)
  await until(async () => (await notificationsOf(installation)).length === 2)
  await until(async () => (await countRows(pool, `deliveries where consumer in ('notifications', 'email')`)) === 0)
  expect((await notificationsOf(installation))[1]).toMatchObject({
    kind: 'webhook-healthy',
    text: expect.stringMatching(/ has been healthy again since \d+ \w+ \d{4} at \d\d:\d\d \(UTC\)\.$/),
  })
  expect(mail.server.received).toHaveLength(1)
})
