import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import type { Task } from '@goals-tasks/events'
import { expect } from 'vitest'
import { setMadeUntil } from '../support/due-tasks.ts'
import { countRows, pendingDeliveries } from '../support/rows.ts'
import { test as base } from '../support/test.ts'
import { startWorker } from '../support/test-worker.ts'

const [owner, assignee] = [randomUUID(), randomUUID()]

const test = base
  .extend('goal', async ({ write }) => (await write.goal(owner, 'a goal')).entity)
  .extend('createTask', ({ write, goal }) => async (due: Partial<Task>, assignedTo?: string) => {
    const { entity } = await write.task(goal, { title: 'the task', ...(assignedTo && { assignedTo }) })
    return (await write.changeTask(entity, due)).entity
  })
  .extend('remindAt', ({ installation }) => {
    const { pool } = installation
    /** Starts a worker whose clock shows the instant. @returns the notifications when it has handled the reminders */
    return async (instant: string, { beforeHandling }: { beforeHandling?: () => Promise<unknown> } = {}) => {
      await setMadeUntil(pool, new Date(Date.parse(instant) - 3_600_000).toISOString())
      const clock = () => Date.parse(instant)
      startWorker(installation, { serve: beforeHandling ? [] : ['notifications'], clock })
      await until(async () => {
        const { rows } = await pool.query('select made_until = $1 as done from reminder_progress', [instant])
        return rows[0].done
      })
      if (beforeHandling) {
        await beforeHandling()
        startWorker(installation, { serve: ['notifications'], clock })
      }
      await until(async () => (await pendingDeliveries(pool)).notifications === undefined)
      const { rows } = await pool.query(
        `select kind, user_id as "userId", subject_type as "subjectType", subject_id as "subjectId", title, text,
                actor_id as "actorId"
         from notifications order by subject_id, kind`,
      )
      return rows
    }
  })

const noUser = '00000000-0000-0000-0000-000000000000'

test('the assignee is notified of a due task, else the owner of its goal', async ({ createTask, remindAt }) => {
  const given = await createTask({ dueAt: '2027-03-01T09:30:00.000Z', dueZone: 'Europe/Berlin' }, assignee)
  const own = await createTask({ dueDate: '2027-02-28' })
  // Midnight in Berlin is too early for the day in UTC.
  const early = await remindAt('2027-02-28T23:00:01.000Z')
  expect(early.map(({ subjectId }) => subjectId)).toEqual([given.id])
  const notification = { subjectType: 'task', title: 'the task', actorId: noUser }
  const expected = [
    {
      ...{ ...notification, kind: 'task-due-soon', userId: assignee, subjectId: given.id },
      text: 'The task “the task” is due on 1 March 2027 at 10:30 (Europe/Berlin).',
    },
    {
      ...{ ...notification, kind: 'task-overdue', userId: owner, subjectId: own.id },
      text: 'The task “the task” was due on 28 February 2027.',
    },
  ]
  expect(await remindAt('2027-03-01T00:00:01.000Z')).toEqual(
    expected.toSorted((a, b) => a.subjectId.localeCompare(b.subjectId)),
  )
})

test('no notification is made of a reminder when its task changes before the event is handled', async ({
  installation,
  createTask,
  remindAt,
  write,
}) => {
  const due = { dueDate: '2027-03-01' }
  const [done, moved, given, kept] = [
    await createTask(due),
    await createTask(due),
    await createTask(due),
    await createTask(due),
  ]
  const notifications = await remindAt('2027-03-01T00:00:01.000Z', {
    beforeHandling: () =>
      Promise.all([
        write.changeTask(done, { status: 'COMPLETED' }),
        write.changeTask(moved, { dueDate: '2027-03-05' }),
        write.changeTask(given, { assignedTo: assignee }),
      ]),
  })
  expect(notifications).toMatchObject([{ kind: 'task-due-soon', subjectId: kept.id }])
  expect(await countRows(installation.pool, 'reminders')).toBe(4)
  expect(await countRows(installation.pool, 'dead_letters')).toBe(0)
})

test('a user gets no reminder when they have turned its kind off', async ({ installation, createTask, remindAt }) => {
  await installation.pool.query(
    `insert into notification_preferences (user_id, kind, channel, is_enabled)
     values ($1, 'task-due-soon', 'in-app', false)`,
    [owner],
  )
  await createTask({ dueDate: '2027-03-01' })
  const overdue = await createTask({ dueDate: '2027-02-28' })
  expect(await remindAt('2027-03-01T00:00:01.000Z')).toMatchObject([{ kind: 'task-overdue', subjectId: overdue.id }])
})
