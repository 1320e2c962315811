import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { createInstallation, createWriter, hasty, pendingDeliveries, startWorker } from '../harness.ts'

const serve = ['audit-log'] as const
const settled = (on: Awaited<ReturnType<typeof createInstallation>>) =>
  until(async () => (await pendingDeliveries(on.pool))['audit-log'] === undefined)

test('every version of a goal has one row with what it was and became, whatever the order of its events', async () => {
  const on = await createInstallation()
  const write = createWriter(on.pool)
  const actorId = randomUUID()
  const created = await write.goal()
  const renamed = await write.changeGoal(created.entity, { title: 'renamed' }, { actorId, correlationId: 'request-7' })
  const completed = await write.changeGoal(renamed.entity, { status: 'COMPLETED' }, { extra: ['goal:completed'] })
  startWorker(on, { serve })
  for (const change of [completed, created, renamed]) {
    on.dispatcher.dispatch(change.events)
    await on.dispatcher.flush()
  }
  await settled(on)
  const { rows } = await on.pool.query('select * from goal_audit_log order by version')
  expect(rows.map((row) => [row.version, row.type, row.goal_id])).toEqual([
    [1, 'goal:created', created.entity.id],
    [2, 'goal:updated', created.entity.id],
    [3, 'goal:updated', created.entity.id],
  ])
  expect(rows[0].before).toBeNull()
  expect(rows[1]).toMatchObject({
    event_id: renamed.events[0]?.id,
    actor_id: actorId,
    correlation_id: 'request-7',
    before: created.entity,
    after: renamed.entity,
  })
  expect(rows[2].after).toEqual(completed.entity)
})

test('goals and tasks of one job each land in their own trail', async () => {
  const on = await createInstallation()
  const write = createWriter(on.pool)
  const goal = await write.goal()
  const task = await write.task(goal.entity)
  const moved = await write.changeTask(task.entity, { title: 'renamed' })
  startWorker(on, { serve })
  on.dispatcher.dispatch([...goal.events, ...task.events, ...moved.events])
  await settled(on)
  const { rows } = await on.pool.query('select task_id, version from task_audit_log order by version')
  expect(rows).toEqual([1, 2].map((version) => ({ task_id: task.entity.id, version })))
  expect((await on.pool.query('select goal_id from goal_audit_log')).rows).toEqual([{ goal_id: goal.entity.id }])
})

test('an event that is delivered a second time changes nothing', async () => {
  const on = await createInstallation()
  const goal = await createWriter(on.pool).goal()
  startWorker(on, { serve })
  on.dispatcher.dispatch(goal.events)
  await settled(on)
  await on.pool.query(`insert into deliveries (consumer, event_id) values ('audit-log', $1)`, [goal.events[0]?.id])
  on.dispatcher.dispatch(goal.events)
  await settled(on)
  expect((await on.pool.query('select version from goal_audit_log')).rows).toEqual([{ version: 1 }])
})

test('a version that another event holds already is refused, not overwritten', async () => {
  const on = await createInstallation()
  const goal = await createWriter(on.pool).goal()
  await on.pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
     values ($1, 1, gen_random_uuid(), 'goal:created', $1, '{}', now())`,
    [goal.entity.id],
  )
  startWorker(on, { serve, policies: { 'audit-log': hasty(1) } })
  on.dispatcher.dispatch(goal.events)
  await settled(on)
  const { rows } = await on.pool.query('select error from dead_letters')
  expect(rows).toEqual([{ error: expect.stringContaining('in the audit log under other events') }])
})
