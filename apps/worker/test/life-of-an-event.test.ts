import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { countRows, createInstallation, createWriter, pendingDeliveries, startWorker, writeGoals } from './harness.ts'

test('a change takes effect at every consumer, and what a consumer announces takes effect as well', async () => {
  const on = await createInstallation()
  const write = createWriter(on.pool)
  const [owner, assignee] = [randomUUID(), randomUUID()]
  startWorker(on)

  const goal = await write.goal(owner)
  const task = await write.task(goal.entity, { assignedTo: assignee }, { extra: ['task:assigned'] })
  on.dispatcher.dispatch([...goal.events, ...task.events])

  await until(async () => Object.keys(await pendingDeliveries(on.pool)).length === 0)
  expect(await countRows(on.pool, 'goal_audit_log')).toBe(1)
  expect(await countRows(on.pool, 'task_audit_log')).toBe(1)
  const { rows } = await on.pool.query('select user_id, kind, title from notifications')
  expect(rows).toEqual([{ user_id: assignee, kind: 'task-assigned', title: 'a task' }])
  expect(await countRows(on.pool, `events where type = 'notification:sent'`)).toBe(1)
  expect(await countRows(on.pool, 'dead_letters')).toBe(0)
})

test('what was done, how late and how long is measured, and a quiet system has nothing overdue', async () => {
  const on = await createInstallation()
  const { registry } = startWorker(on)
  on.dispatcher.dispatch(await writeGoals(on, 3))
  await until(async () => Object.keys(await pendingDeliveries(on.pool)).length === 0)
  const metric = async (line: string) => (await registry.metrics()).split('\n').find((each) => each.startsWith(line))
  await until(async () =>
    expect(await metric('gt_worker_events_handled_total{consumer="audit-log",outcome="done"}')).toMatch(/ 3$/),
  )
  expect(await metric('gt_worker_commit_to_effect_seconds_count{consumer="audit-log"}')).toMatch(/ 3$/)
  expect(await metric('gt_worker_job_duration_seconds_count{consumer="audit-log"}')).toMatch(/ 1$/)
  expect(await metric('gt_worker_oldest_overdue_seconds{consumer="audit-log"}')).toMatch(/ 0$/)
})

test('every counter of a consumer that is served is there before anything happens', async () => {
  const on = await createInstallation()
  const { registry } = startWorker(on, { serve: ['sync'] })
  const samples = (await registry.metrics()).split('\n').filter((line) => /_total{consumer=/.test(line))
  expect(samples.sort()).toEqual([
    'gt_worker_attempts_failed_total{consumer="sync"} 0',
    'gt_worker_dead_letters_total{consumer="sync"} 0',
    'gt_worker_events_handled_total{consumer="sync",outcome="done"} 0',
    'gt_worker_events_handled_total{consumer="sync",outcome="skipped"} 0',
    'gt_worker_events_redispatched_total{consumer="sync"} 0',
    'gt_worker_outages_total{consumer="sync"} 0',
  ])
})
