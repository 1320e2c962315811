import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { countRows, pendingDeliveries } from './support/rows.ts'
import { test } from './support/test.ts'
import { startWorker } from './support/test-worker.ts'
import { writeGoals } from './support/writer.ts'

test('a change takes effect at every consumer, and so do the events that a consumer emits', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher } = installation
  const [owner, assignee] = [randomUUID(), randomUUID()]
  startWorker(installation)

  const goal = await write.goal(owner)
  const task = await write.task(goal.entity, { assignedTo: assignee }, { extra: ['task:assigned'] })
  dispatcher.dispatch([...goal.events, ...task.events])

  await until(async () => Object.keys(await pendingDeliveries(pool)).length === 0)
  expect(await countRows(pool, 'goal_audit_log')).toBe(1)
  expect(await countRows(pool, 'task_audit_log')).toBe(1)
  const { rows } = await pool.query('select user_id, kind, title from notifications')
  expect(rows).toEqual([{ user_id: assignee, kind: 'task-assigned', title: 'a task' }])
  expect(await countRows(pool, `events where type = 'notification:sent'`)).toBe(1)
  expect(await countRows(pool, 'dead_letters')).toBe(0)
})

test('a worker measures how many events it handled, how late and how long, and nothing is overdue', async ({
  installation,
}) => {
  const { registry } = startWorker(installation)
  installation.dispatcher.dispatch(await writeGoals(installation, 3))
  await until(async () => Object.keys(await pendingDeliveries(installation.pool)).length === 0)
  const metric = async (line: string) => (await registry.metrics()).split('\n').find((each) => each.startsWith(line))
  await until(async () =>
    expect(await metric('gt_worker_events_handled_total{consumer="audit-log",outcome="done"}')).toMatch(/ 3$/),
  )
  expect(await metric('gt_worker_commit_to_effect_seconds_count{consumer="audit-log"}')).toMatch(/ 3$/)
  expect(await metric('gt_worker_job_duration_seconds_count{consumer="audit-log"}')).toMatch(/ 1$/)
  expect(await metric('gt_worker_oldest_overdue_seconds{consumer="audit-log"}')).toMatch(/ 0$/)
})

test('the line of a job has the requests and the entities of all its events', async ({ installation, write }) => {
  startWorker(installation)
  const tasks = []
  const goal = await write.goal()
  for (const correlationId of ['request-1', 'request-2'])
    tasks.push(await write.task(goal.entity, {}, { correlationId }))
  installation.dispatcher.dispatch(tasks.flatMap((task) => task.events))
  const line = await until(() =>
    installation.lines.find((each) => each.msg === 'done' && each.consumer === 'audit-log'),
  )
  expect(line).toMatchObject({
    events: 2,
    subject: tasks.map((task) => task.entity.id),
    traceId: expect.arrayContaining(['request-1', 'request-2']),
  })
})

test('every counter of a served consumer exists before the first event', async ({ installation }) => {
  const { registry } = startWorker(installation, { serve: ['sync'] })
  const samples = (await registry.metrics()).split('\n').filter((line) => /^gt_worker_\w+_total{consumer=/.test(line))
  expect(samples.sort()).toEqual([
    'gt_worker_attempts_failed_total{consumer="sync"} 0',
    'gt_worker_dead_letters_total{consumer="sync"} 0',
    'gt_worker_events_handled_total{consumer="sync",outcome="done"} 0',
    'gt_worker_events_handled_total{consumer="sync",outcome="skipped"} 0',
    'gt_worker_events_handled_total{consumer="sync",outcome="snoozed"} 0',
    'gt_worker_events_redispatched_total{consumer="sync"} 0',
    'gt_worker_jobs_dropped_total{consumer="sync"} 0',
    'gt_worker_outages_total{consumer="sync"} 0',
  ])
})
