import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { expectedNotifications, expectedOutcome } from './expected-outcome.ts'
import { install } from './installation.ts'

test('stopping the worker of one consumer stops that consumer alone, and its work waits for it', {
  timeout: 90_000,
}, async () => {
  const on = await install()
  const [api, auditWorker] = await Promise.all([
    on.startApi(),
    on.startWorker('audit-log'),
    on.startWorker('cache-invalidation', 'notifications', 'sync'),
  ])
  auditWorker.kill()
  expect(await auditWorker.exit).toEqual({ code: 0, signal: null })

  const load = on.loadSample(api.url)
  const { auditRows } = expectedOutcome
  await until(async () => (await on.count('notifications')) === expectedNotifications, { timeoutMs: 30_000 })
  await until(async () => {
    expect(await on.pending()).toEqual({ 'audit-log': auditRows })
    return true
  })
  expect((await on.count('goal_audit_log')) + (await on.count('task_audit_log'))).toBe(0)

  await on.startWorker('audit-log')
  expect(await load.outcome()).toMatchObject(expectedOutcome)
})
