import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import type { Goal } from '@goals-tasks/events'
import { expect, test } from 'vitest'
import {
  type Change,
  createInstallation,
  createWriter,
  type Installation,
  pendingDeliveries,
  startWorker,
} from '../harness.ts'

const serve = ['notifications'] as const
const [owner, assignee, other] = [randomUUID(), randomUUID(), randomUUID()]

async function settled(on: Installation, ...changes: Change<unknown>[]) {
  on.dispatcher.dispatch(changes.flatMap((change) => change.events))
  await until(async () => (await pendingDeliveries(on.pool)).notifications === undefined)
  const { rows } = await on.pool.query('select user_id, kind, subject_id from notifications order by kind, user_id')
  return rows.map((row) => [row.kind, row.user_id, row.subject_id])
}

async function begin() {
  const on = await createInstallation()
  startWorker(on, { serve })
  const write = createWriter(on.pool)
  const goal = await write.goal(owner, 'a goal')
  return { on, write, goal: goal.entity }
}
const completed = { status: 'COMPLETED' } as const

test('who is given a task is told, unless they took it themselves', async () => {
  const { on, write, goal } = await begin()
  const given = await write.task(goal, { assignedTo: assignee }, { extra: ['task:assigned'] })
  const taken = await write.task(goal, { assignedTo: other }, { extra: ['task:assigned'], actorId: other })
  expect(await settled(on, given, taken)).toEqual([['task-assigned', assignee, given.entity.id]])
})

test('a completed task is told to the owner of its goal and to its assignee, but not to who completed it', async () => {
  const { on, write, goal } = await begin()
  const mine = await write.task(goal, { assignedTo: assignee })
  const byAssignee = await write.changeTask(mine.entity, completed, { extra: ['task:completed'], actorId: assignee })
  const yours = await write.task(goal, { assignedTo: assignee })
  const byOwner = await write.changeTask(yours.entity, completed, { extra: ['task:completed'], actorId: owner })
  expect(await settled(on, byAssignee, byOwner)).toEqual(
    [
      ['task-completed', assignee, yours.entity.id],
      ['task-completed', owner, mine.entity.id],
    ].toSorted((a, b) => String(a[1]).localeCompare(String(b[1]))),
  )
})

test('a completed goal is told to its owner and to the assignees of its live tasks, each once', async () => {
  const { on, write, goal } = await begin()
  await write.task(goal, { assignedTo: assignee })
  await write.task(goal, { assignedTo: assignee })
  const deleted = await write.task(goal, { assignedTo: other })
  await on.pool.query('update tasks set deleted_at = now() where id = $1', [deleted.entity.id])
  const change = await write.changeGoal(goal, completed, { extra: ['goal:completed'], actorId: randomUUID() })
  expect(await settled(on, change)).toEqual(
    [assignee, owner].toSorted().map((user) => ['goal-completed', user, goal.id]),
  )
})

test('each notification is announced once, with its cause, and only its recipient may read that', async () => {
  const { on, write, goal } = await begin()
  const by = { extra: ['task:assigned'], correlationId: 'request-3' } as const
  const change = await write.task(goal, { assignedTo: assignee, title: 'the task' }, by)
  await settled(on, change)
  const assigned = change.events.find((event) => event.type === 'task:assigned')
  const { rows } = await on.pool.query(`select * from events where type = 'notification:sent'`)
  expect(rows).toHaveLength(1)
  const [told] = (await on.pool.query('select id from notifications')).rows
  expect(rows[0]).toMatchObject({
    aggregate_type: 'notification',
    aggregate_id: told.id,
    aggregate_version: 1,
    actor_id: owner,
    causation_id: assigned?.id,
    correlation_id: 'request-3',
    before: null,
    after: { id: told.id, userId: assignee, kind: 'task-assigned', channel: 'in-app', title: 'the task', readAt: null },
  })
  const readers = await on.pool.query('select reader_id from event_readers where event_id = $1', [rows[0].id])
  expect(readers.rows).toEqual([{ reader_id: assignee }])
  const heard = await on.pool.query('select consumer from deliveries where event_id = $1', [rows[0].id])
  expect(heard.rows).toEqual([{ consumer: 'sync' }])
})

test('what a consumer announced is enqueued with its commit, not by the sweeper', async () => {
  const on = await createInstallation()
  startWorker(on, { serve: ['notifications', 'sync'], timings: { sweepEveryMs: 60_000 } })
  const write = createWriter(on.pool)
  const goal = await write.goal(owner)
  const change = await write.task(goal.entity, { assignedTo: assignee }, { extra: ['task:assigned'] })
  on.dispatcher.dispatch([...goal.events, ...change.events])
  await until(async () => {
    const { rows } = await on.pool.query(`select count(*)::int as told from events where type = 'notification:sent'`)
    const { sync, notifications } = await pendingDeliveries(on.pool)
    return rows[0].told === 1 && sync === undefined && notifications === undefined
  })
})

test('an event that is delivered a second time tells nobody again', async () => {
  const { on, write, goal } = await begin()
  const change = await write.changeGoal(goal as Goal, completed, { extra: ['goal:completed'], actorId: other })
  await settled(on, change)
  const cause = change.events.find((event) => event.type === 'goal:completed')
  await on.pool.query(`insert into deliveries (consumer, event_id) values ('notifications', $1)`, [cause?.id])
  expect(await settled(on, change)).toEqual([['goal-completed', owner, goal.id]])
  const { rows } = await on.pool.query(`select count(*)::int as told from events where type = 'notification:sent'`)
  expect(rows).toEqual([{ told: 1 }])
})
