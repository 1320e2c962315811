import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { expectedNotifications, expectedOutcome } from '../support/processes/expected-outcome.ts'
import { test } from '../support/processes/test.ts'

test('only the consumer of a stopped worker stops, and its work waits for the next worker', async ({
  installation,
}) => {
  const [api, auditWorker] = await Promise.all([
    installation.startApi(),
    installation.startWorker('audit-log'),
    installation.startWorker('cache-invalidation', 'notifications', 'sync'),
  ])
  auditWorker.kill()
  expect(await auditWorker.exit).toEqual({ code: 0, signal: null })

  const load = installation.loadSample(api.url)
  const { auditRows } = expectedOutcome
  await until(async () => (await installation.count('notifications')) === expectedNotifications)
  await until(async () => {
    expect(await installation.pending()).toEqual({ 'audit-log': auditRows })
    return true
  })
  expect((await installation.count('goal_audit_log')) + (await installation.count('task_audit_log'))).toBe(0)

  await installation.startWorker('audit-log')
  expect(await load.outcome()).toMatchObject(expectedOutcome)
})
