import { randomUUID } from 'node:crypto'
import { claimEvents, inTransaction } from '@goals-tasks/db'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { auditLog } from '../../src/consumers/audit-log.ts'
import type { Installation } from '../support/installation.ts'
import { countRows, pendingDeliveries } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { quickPolicy, startWorker } from '../support/test-worker.ts'
import { writeGoals } from '../support/writer.ts'

const serve = ['audit-log'] as const
const untilHandled = ({ pool }: Installation) =>
  until(async () => (await pendingDeliveries(pool))['audit-log'] === undefined)

test('every version of a goal has one row, and its state before, when its events arrive out of order', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher } = installation
  const actorId = randomUUID()
  const created = await write.goal()
  const renamed = await write.changeGoal(created.entity, { title: 'renamed' }, { actorId, correlationId: 'request-7' })
  const completed = await write.changeGoal(renamed.entity, { status: 'COMPLETED' }, { extra: ['goal:completed'] })
  startWorker(installation, { serve })
  for (const change of [completed, created, renamed]) {
    dispatcher.dispatch(change.events)
    await dispatcher.flush()
  }
  await untilHandled(installation)
  const { rows } = await pool.query('select * from goal_audit_log order by version')
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
    after: renamed.entity,
  })
  expect(rows[1].before ?? rows[0].after).toEqual(created.entity)
  expect(rows[2].before ?? rows[1].after).toEqual(renamed.entity)
  expect(rows[2].after).toEqual(completed.entity)
})

test('a row has the state before only when the row of the previous version does not have it', async ({
  installation,
  write,
}) => {
  const { pool } = installation
  const first = await write.goal()
  const second = await write.changeGoal(first.entity, { title: 'second' })
  const third = await write.changeGoal(second.entity, { title: 'third' })
  const fourth = await write.changeGoal(third.entity, { title: 'fourth' })
  const record = ({ events }: typeof first) => auditLog.run(pool, [events[0]?.id ?? ''])
  await record(first)
  await record(second)
  await record(fourth)
  await pool.query(`update goal_audit_log set after = after || '{"title": "another"}' where version = 2`)
  await record(third)
  const { rows } = await pool.query('select version, before from goal_audit_log order by version')
  expect(rows).toEqual([
    { version: 1, before: null },
    { version: 2, before: null },
    { version: 3, before: second.entity },
    { version: 4, before: third.entity },
  ])
})

test('goals and tasks get rows in their own trails when one job carries both', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  const goal = await write.goal()
  const task = await write.task(goal.entity)
  const moved = await write.changeTask(task.entity, { title: 'renamed' })
  startWorker(installation, { serve })
  dispatcher.dispatch([...goal.events, ...task.events, ...moved.events])
  await untilHandled(installation)
  const { rows } = await pool.query('select task_id, version from task_audit_log order by version')
  expect(rows).toEqual([1, 2].map((version) => ({ task_id: task.entity.id, version })))
  expect((await pool.query('select goal_id from goal_audit_log')).rows).toEqual([{ goal_id: goal.entity.id }])
})

test('the trail stays the same when an event is delivered a second time', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  const goal = await write.goal()
  startWorker(installation, { serve })
  dispatcher.dispatch(goal.events)
  await untilHandled(installation)
  await pool.query(`insert into deliveries (consumer, event_id) values ('audit-log', $1)`, [goal.events[0]?.id])
  dispatcher.dispatch(goal.events)
  await untilHandled(installation)
  expect((await pool.query('select version from goal_audit_log')).rows).toEqual([{ version: 1 }])
})

test('an event is refused and overwrites nothing when another event holds its version', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher } = installation
  const goal = await write.goal()
  await pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
     values ($1, 1, gen_random_uuid(), 'goal:created', $1, '{}', now())`,
    [goal.entity.id],
  )
  startWorker(installation, { serve, policies: { 'audit-log': quickPolicy(1) } })
  dispatcher.dispatch(goal.events)
  await untilHandled(installation)
  const { rows } = await pool.query('select error from dead_letters')
  expect(rows).toEqual([{ error: expect.stringContaining('in the audit log under other events') }])
})

test('the neighbours of a refused event are written by the same statement', async ({ installation }) => {
  const { pool } = installation
  const [refused, ...others] = await writeGoals(installation, 3)
  await pool.query(
    `insert into goal_audit_log (goal_id, version, event_id, type, actor_id, after, occurred_at)
     values ($1, 1, gen_random_uuid(), 'goal:created', $1, '{}', now())`,
    [refused?.aggregateId],
  )
  const written = await auditLog.run(
    pool,
    [refused, ...others].map((event) => event?.id ?? ''),
  )
  expect(written.map(({ id, problem }) => [id, problem === null])).toEqual([
    [refused?.id, false],
    ...others.map(({ id }) => [id, true]),
  ])
  const { rows } = await pool.query(`select event_id from deliveries where consumer = 'audit-log'`)
  expect(rows).toEqual([{ event_id: refused?.id }])
})

test('the statement writes no event whose delivery another transaction holds, and does not wait', async ({
  installation,
}) => {
  const { pool } = installation
  const ids = (await writeGoals(installation, 3)).map((event) => event.id)
  await inTransaction(
    pool,
    () => undefined,
    async (tx) => {
      await claimEvents(tx, 'audit-log', ids.slice(0, 1))
      expect((await auditLog.run(pool, ids)).map(({ id }) => id)).toEqual(ids.slice(1))
    },
  )
  expect(await countRows(pool, 'goal_audit_log')).toBe(2)
  expect(await auditLog.run(pool, ids)).toEqual([])
})

test('the other events of a job are written when one makes the statement fail', async ({ installation }) => {
  const { pool, dispatcher } = installation
  const [bad, ...others] = await writeGoals(installation, 5)
  await pool.query(`alter table goal_audit_log add constraint no_bad_event check (event_id <> '${bad?.id}')`)
  startWorker(installation, { serve, policies: { 'audit-log': quickPolicy(2) } })
  dispatcher.dispatch([...(bad ? [bad] : []), ...others])
  await untilHandled(installation)
  expect(await countRows(pool, 'goal_audit_log')).toBe(others.length)
  const { rows } = await pool.query('select event_id, attempts, error from dead_letters')
  expect(rows).toEqual([{ event_id: bad?.id, attempts: 2, error: expect.stringContaining('no_bad_event') }])
})
