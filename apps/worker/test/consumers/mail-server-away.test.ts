import { randomUUID } from 'node:crypto'
import { startTcpProxy, until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { insertContact, mailBy, openMail } from '../support/mail.ts'
import { countRows, pendingDeliveries } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { quickPolicy, startWorker } from '../support/test-worker.ts'

const [owner, assignee] = [randomUUID(), randomUUID()]
/** No server listens there. */
const nowhere = 'smtp://127.0.0.1:1'
const limits = { failures: 2, openMs: 300 }
const mailCount = 5

test('no mail loses its attempts while the mail server is away, and each is sent once when it is back', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher } = installation
  await insertContact(pool, assignee)
  const mail = await openMail(pool)
  const proxy = await startTcpProxy(mail.server.url)
  proxy.pointTo(nowhere)
  const settings = { ...mailBy({ port: Number(new URL(proxy.url).port) }), limits }
  const { registry } = startWorker(installation, {
    ...{ serve: ['notifications', 'email'], policies: { email: quickPolicy(8) }, mail: settings },
    // A mail that takes longer than the lease may be sent again.
    timings: { sweepEveryMs: 50, leaseMs: 5_000 },
  })
  const goal = await write.goal(owner)
  for (let i = 0; i < mailCount; i++) {
    const task = await write.task(goal.entity, { assignedTo: assignee }, { extra: ['task:assigned'] })
    dispatcher.dispatch(task.events)
  }
  await until(async () => (await countRows(pool, 'receivers where blocked_until > now()')) === 1)
  const { rows } = await pool.query(`select block_reason from receivers where consumer = 'email'`)
  expect(rows[0].block_reason).toMatch(/^the mail server: /)
  // The server is away for longer than the attempts of a mail last.
  await until(() => installation.lines.filter(({ msg }) => msg === 'snoozed').length > mailCount)
  const outcome = async (name: string) =>
    Number(new RegExp(`^gt_worker_mails_total\\{outcome="${name}"\\} (\\d+)`, 'm').exec(await registry.metrics())?.[1])
  proxy.pointTo(mail.server.url)
  await until(async () => (await pendingDeliveries(pool)).email === undefined)
  expect(await countRows(pool, 'dead_letters')).toBe(0)
  expect(new Set(mail.server.received.map(({ messageId }) => messageId)).size).toBe(mailCount)
  expect(mail.server.received).toHaveLength(mailCount)
  expect(await countRows(pool, 'receivers where blocked_until is not null')).toBe(0)
  expect(await outcome('sent')).toBe(mailCount)
})
