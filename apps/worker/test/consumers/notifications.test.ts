import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import type { Installation } from '../support/installation.ts'
import { pendingDeliveries } from '../support/rows.ts'
import { test as base } from '../support/test.ts'
import { startWorker } from '../support/test-worker.ts'
import type { Change } from '../support/writer.ts'

const [owner, assignee, other] = [randomUUID(), randomUUID(), randomUUID()]
const completed = { status: 'COMPLETED' } as const

const test = base
  .extend('goal', async ({ write }) => (await write.goal(owner, 'a goal')).entity)
  .extend('notify', ({ installation }) => {
    startWorker(installation, { serve: ['notifications'] })
    /** Handles the changes. @returns kind, recipient and subject of every notification */
    return async (...changes: Change<unknown>[]) => {
      installation.dispatcher.dispatch(changes.flatMap((change) => change.events))
      await until(async () => (await pendingDeliveries(installation.pool)).notifications === undefined)
      return readNotifications(installation)
    }
  })

async function readNotifications({ pool }: Installation) {
  const { rows } = await pool.query('select user_id, kind, subject_id from notifications order by kind, user_id')
  return rows.map((row) => [row.kind, row.user_id, row.subject_id])
}

test('a user is notified when somebody else assigns them a task', async ({ notify, write, goal }) => {
  const given = await write.task(goal, { assignedTo: assignee }, { extra: ['task:assigned'] })
  const taken = await write.task(goal, { assignedTo: other }, { extra: ['task:assigned'], actorId: other })
  expect(await notify(given, taken)).toEqual([['task-assigned', assignee, given.entity.id]])
})

test('the goal’s owner and the assignee are notified when somebody else completes a task', async ({
  notify,
  write,
  goal,
}) => {
  const mine = await write.task(goal, { assignedTo: assignee })
  const byAssignee = await write.changeTask(mine.entity, completed, { extra: ['task:completed'], actorId: assignee })
  const yours = await write.task(goal, { assignedTo: assignee })
  const byOwner = await write.changeTask(yours.entity, completed, { extra: ['task:completed'], actorId: owner })
  expect(await notify(byAssignee, byOwner)).toEqual(
    [
      ['task-completed', assignee, yours.entity.id],
      ['task-completed', owner, mine.entity.id],
    ].toSorted((a, b) => String(a[1]).localeCompare(String(b[1]))),
  )
})

test('the owner and the assignees of the live tasks are each notified once when a goal is completed', async ({
  installation,
  notify,
  write,
  goal,
}) => {
  await write.task(goal, { assignedTo: assignee })
  await write.task(goal, { assignedTo: assignee })
  const deleted = await write.task(goal, { assignedTo: other })
  await installation.pool.query('update tasks set deleted_at = now() where id = $1', [deleted.entity.id])
  const change = await write.changeGoal(goal, completed, { extra: ['goal:completed'], actorId: randomUUID() })
  expect(await notify(change)).toEqual([assignee, owner].toSorted().map((user) => ['goal-completed', user, goal.id]))
})

test('the assignees as of a completion are notified when tasks change hands before its handling', async ({
  installation,
  notify,
  write,
  goal,
}) => {
  const [reassigned, deleted, unassigned] = [
    await write.task(goal, { assignedTo: assignee }),
    await write.task(goal, { assignedTo: assignee }),
    await write.task(goal),
  ]
  const change = await write.changeGoal(goal, completed, { extra: ['goal:completed'] })
  const unassignment = await write.changeTask(reassigned.entity, { assignedTo: null })
  await write.changeTask(unassigned.entity, { assignedTo: other })
  await installation.pool.query('update tasks set deleted_at = now() where id = $1', [deleted.entity.id])
  expect(await notify(change, unassignment)).toEqual([
    ['goal-completed', assignee, goal.id],
    ['task-unassigned', assignee, reassigned.entity.id],
  ])
})

test('a user is notified when another user unassigns, blocks or unblocks their task', async ({
  installation,
  notify,
  write,
  goal,
}) => {
  const task = (await write.task(goal, { assignedTo: assignee, title: 'the task' })).entity
  const block = { status: 'BLOCKED', blockKind: 'DEPENDENCY', blockedFrom: 'TODO' } as const
  const blocked = await write.changeTask(task, block)
  const free = { status: 'TODO', blockKind: null, blockedFrom: null } as const
  const unblocked = await write.changeTask(blocked.entity, free)
  const unassigned = await write.changeTask(unblocked.entity, { assignedTo: null })
  const others = await write.changeTask(unassigned.entity, { title: 'a change that concerns no other user' })
  expect(await notify(blocked, unblocked, unassigned, others)).toEqual(
    ['task-blocked', 'task-unassigned', 'task-unblocked'].map((kind) => [kind, assignee, task.id]),
  )
  const { rows } = await installation.pool.query('select text from notifications order by event_id')
  expect(rows.map(({ text }) => text)).toEqual([
    'The task “the task” now waits for another task.',
    'The task “the task” is no longer blocked.',
    'You are no longer assigned to the task “the task”.',
  ])
})

test('a user is not notified when they have turned this kind off', async ({ installation, notify, write, goal }) => {
  await installation.pool.query(
    `insert into notification_preferences (user_id, kind, channel, is_enabled)
     values ($1, 'task-assigned', 'in-app', false), ($1, 'task-completed', 'in-app', true)`,
    [assignee],
  )
  const given = await write.task(goal, { assignedTo: assignee }, { extra: ['task:assigned'] })
  const taken = await write.task(goal, { assignedTo: other }, { extra: ['task:assigned'] })
  const done = await write.changeTask(given.entity, completed, { extra: ['task:completed'] })
  expect(await notify(given, taken, done)).toEqual([
    ['task-assigned', other, taken.entity.id],
    ['task-completed', assignee, given.entity.id],
  ])
})

test('the present assignees are notified when the event of a completed goal has none of its own', async ({
  installation,
  notify,
  write,
  goal,
}) => {
  await write.task(goal, { assignedTo: assignee })
  const change = await write.changeGoal(goal, completed, { extra: ['goal:completed'] })
  await installation.pool.query('update events set assignees = null')
  expect(await notify(change)).toEqual([['goal-completed', assignee, goal.id]])
})

test('each notification emits one event with its cause, which only its recipient may read', async ({
  installation,
  notify,
  write,
  goal,
}) => {
  const { pool } = installation
  const options = { extra: ['task:assigned'], correlationId: 'request-3' } as const
  const change = await write.task(goal, { assignedTo: assignee, title: 'the task' }, options)
  await notify(change)
  const assigned = change.events.find((event) => event.type === 'task:assigned')
  const { rows } = await pool.query(`select * from events where type = 'notification:sent'`)
  expect(rows).toHaveLength(1)
  const [sent] = (await pool.query('select id from notifications')).rows
  expect(rows[0]).toMatchObject({
    aggregate_type: 'notification',
    aggregate_id: sent.id,
    aggregate_version: 1,
    actor_id: owner,
    causation_id: assigned?.id,
    correlation_id: 'request-3',
    before: null,
    after: {
      ...{ id: sent.id, userId: assignee, kind: 'task-assigned', channel: 'in-app', readAt: null, archivedAt: null },
      ...{ title: 'the task', text: 'You were assigned the task “the task”.' },
    },
  })
  const readers = await pool.query('select reader_id, visibility from event_readers where event_id = $1', [rows[0].id])
  expect(readers.rows).toEqual([{ reader_id: assignee, visibility: 'gained' }])
  const deliveries = await pool.query('select consumer from deliveries where event_id = $1', [rows[0].id])
  expect(deliveries.rows).toEqual([{ consumer: 'sync' }])
})

test('an event of a consumer is enqueued with its commit, without the sweeper', async ({ installation, write }) => {
  const { pool, dispatcher } = installation
  startWorker(installation, { serve: ['notifications', 'sync'], timings: { sweepEveryMs: 60_000 } })
  const goal = await write.goal(owner)
  const change = await write.task(goal.entity, { assignedTo: assignee }, { extra: ['task:assigned'] })
  dispatcher.dispatch([...goal.events, ...change.events])
  await until(async () => {
    const { rows } = await pool.query(`select count(*)::int as sent from events where type = 'notification:sent'`)
    const { sync, notifications } = await pendingDeliveries(pool)
    return rows[0].sent === 1 && sync === undefined && notifications === undefined
  })
})

test('a recipient is not notified again when an event is delivered a second time', async ({
  installation,
  notify,
  write,
  goal,
}) => {
  const { pool } = installation
  const change = await write.changeGoal(goal, completed, { extra: ['goal:completed'], actorId: other })
  await notify(change)
  const cause = change.events.find((event) => event.type === 'goal:completed')
  await pool.query(`insert into deliveries (consumer, event_id) values ('notifications', $1)`, [cause?.id])
  expect(await notify(change)).toEqual([['goal-completed', owner, goal.id]])
  const { rows } = await pool.query(`select count(*)::int as sent from events where type = 'notification:sent'`)
  expect(rows).toEqual([{ sent: 1 }])
})
