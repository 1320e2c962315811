import { randomBytes } from 'node:crypto'
import { recordReceiver } from '@goals-tasks/db'
import { until } from '@goals-tasks/devstack/testing'
import { connectProducer } from '@goals-tasks/events'
import { expect, onTestFinished } from 'vitest'
import { checkNotifications } from '../src/doctor/notifications.ts'
import { openQueues } from '../src/queues.ts'
import { loadStatus, type Status } from '../src/status/load-status.ts'
import { operationsTest as test } from './support/operations.ts'

const queueOfSync = ({ consumers }: Status) => consumers.find(({ consumer }) => consumer === 'sync')?.queue

test('Redis counts as away when a queue cannot be read', async ({ operations }) => {
  const { queue } = operations.queueOf('sync')
  const redis = connectProducer(operations.environment.REDIS_URL, () => undefined)
  await until(() => redis.status === 'ready')
  await redis.set(queue.toKey('wait'), 'no list')
  onTestFinished(async () => {
    await redis.del(queue.toKey('wait'))
    redis.disconnect()
  })
  const status = await loadStatus(operations)
  expect(status).toMatchObject({ redis: 'away', redisError: null })
  expect(queueOfSync(status)).toBeNull()
})

test('the status is whole when Redis forbids the list of its clients', async ({ operations }) => {
  const { REDIS_URL, QUEUE_PREFIX } = operations.environment
  const [name, password] = [randomBytes(8).toString('hex'), 'a-password']
  const admin = connectProducer(REDIS_URL, () => undefined)
  await until(() => admin.status === 'ready')
  await admin.acl('SETUSER', name, 'on', `>${password}`, '~*', '&*', '+@all', '-client|list')
  const limited = connectProducer(REDIS_URL.replace('://', `://${name}:${password}@`), () => undefined)
  const queues = openQueues(limited, QUEUE_PREFIX)
  onTestFinished(async () => {
    limited.disconnect()
    await Promise.allSettled([queues.close(), admin.acl('DELUSER', name)])
    admin.disconnect()
  })
  await until(() => queues.available())
  const status = await loadStatus({ pool: operations.pool, queues })
  expect(status).toMatchObject({ redis: 'ready', redisError: null })
  expect(queueOfSync(status)).toMatchObject({ waiting: 0 })
  expect(status.consumers.map(({ workers }) => workers)).toEqual([0, 0, 0, 0, 0])
})

test('the status and the doctor show late digests, and a mail server that does not answer', async ({ operations }) => {
  const { pool } = operations
  expect(await loadStatus(operations)).toMatchObject({ digestLagSeconds: 0, mailServerError: null })
  await pool.query(
    `insert into mail_digests (user_id, sends_at, closed_at)
     values (gen_random_uuid(), now() - interval '2 hours', now()),
            (gen_random_uuid(), now() + interval '1 hour', null)`,
  )
  expect(await loadStatus(operations)).toMatchObject({ digestLagSeconds: 0 })
  expect((await checkNotifications(pool)).map(({ state }) => state)).toEqual(['ok', 'ok', 'ok'])
  await pool.query(`insert into mail_digests (user_id, sends_at) values (gen_random_uuid(), now() - interval '1 hour')`)
  await recordReceiver(pool, 'email', true)
  await pool.query(
    `update receivers set blocked_until = now() + interval '1 minute', block_reason = 'ECONNREFUSED'
     where consumer = 'email'`,
  )
  const status = await loadStatus(operations)
  expect(status.digestLagSeconds).toBeCloseTo(3_600, -2)
  expect(status.mailServerError).toBe('ECONNREFUSED')
  expect(await checkNotifications(pool)).toMatchObject([
    { check: 'notifications: reminders', state: 'ok' },
    { check: 'notifications: digests', state: 'problem' },
    { check: 'notifications: mails', state: 'warning', fact: 'workers wait for the mail server: ECONNREFUSED' },
  ])
})
