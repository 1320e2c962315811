import type pg from 'pg'
import { expect, test } from 'vitest'
import { insertDueTasks, insertGoal, loadReminders, remindAt, setMadeUntil } from '../support/due-tasks.ts'
import { countRows, openPool } from '../support/rows.ts'

const kinds = async (pool: pg.Pool) => (await loadReminders(pool)).map(({ kind, remindOn }) => `${remindOn} ${kind}`)

/** Creates a task that is due on 1 March at noon, UTC, and has the reminder of the day before. */
async function remindedTask() {
  const pool = await openPool(4)
  const goal = await insertGoal(pool)
  await setMadeUntil(pool, '2027-02-28T11:00:00Z')
  const [taskId = ''] = await insertDueTasks(pool, goal, { dueAt: '2027-03-01T12:00:00Z' })
  await remindAt(pool, '2027-02-28T12:00:01Z')
  expect(await kinds(pool)).toEqual(['2027-02-28 due-in-a-day'])
  const change = (set: string) => pool.query(`update tasks set ${set} where id = $1`, [taskId])
  return { pool, goal, taskId, change }
}

test('the reminders move when the due date moves to a later day', async () => {
  const { pool, change } = await remindedTask()
  await change(`due_at = '2027-03-02T12:00:00Z'`)
  await remindAt(pool, '2027-03-01T11:00:00Z')
  expect(await kinds(pool)).toHaveLength(1)
  await remindAt(pool, '2027-03-02T00:00:01Z')
  expect(await kinds(pool)).toEqual(['2027-02-28 due-in-a-day', '2027-03-01 due-in-a-day', '2027-03-02 due-today'])
})

test('a user gets no second reminder when the due instant moves within its day', async () => {
  const { pool, change } = await remindedTask()
  await change(`due_at = '2027-03-01T18:00:00Z'`)
  await remindAt(pool, '2027-02-28T19:00:00Z')
  expect(await kinds(pool)).toEqual(['2027-02-28 due-in-a-day'])
})

test.for([
  ['the task is completed', `status = 'COMPLETED', completed_at = now()`, ''],
  ['the task is cancelled', `status = 'CANCELLED'`, ''],
  ['the task is deleted', 'deleted_at = now()', ''],
  ['the task is no longer due', 'due_at = null', ''],
  ['the goal is on hold', '', `status = 'ON_HOLD'`],
  ['the goal is closed and the task stays open', '', `status = 'COMPLETED', completed_at = now()`],
  ['the goal is deleted', '', 'deleted_at = now()'],
])('no reminder follows when %s', async ([, ofTask, ofGoal]) => {
  const { pool, goal, change } = await remindedTask()
  if (ofTask) await change(ofTask)
  if (ofGoal) await pool.query(`update goals set ${ofGoal} where id = $1`, [goal.id])
  await remindAt(pool, '2027-03-01T00:00:01Z')
  await remindAt(pool, '2027-03-02T00:00:01Z')
  expect(await kinds(pool)).toEqual(['2027-02-28 due-in-a-day'])
})

test('the reminders go on when a blocked task is overdue', async () => {
  const { pool, change } = await remindedTask()
  await change(`status = 'BLOCKED', block_kind = 'MANUAL', blocked_from = 'TODO'`)
  await remindAt(pool, '2027-03-02T00:00:01Z')
  expect(await kinds(pool)).toEqual(['2027-02-28 due-in-a-day', '2027-03-02 overdue'])
})

test('a reminder that is up to a day late is made once, and an older one is skipped', async () => {
  const { pool } = await remindedTask()
  // The process was down since noon of the day before: midnight was 38 hours ago, the next one 14 hours ago.
  await remindAt(pool, '2027-03-02T14:00:00Z')
  await remindAt(pool, '2027-03-02T14:01:00Z')
  expect(await kinds(pool)).toEqual(['2027-02-28 due-in-a-day', '2027-03-02 overdue'])
})

test('a task gets its reminder when its change commits after the look at that instant', async () => {
  const { pool, goal } = await remindedTask()
  const client = await pool.connect()
  await client.query('begin')
  await client.query(
    `insert into tasks (goal_id, owner_id, user_id, title, due_date) values ($1, $2, $2, 'late', '2027-03-01')`,
    [goal.id, goal.userId],
  )
  await remindAt(pool, '2027-03-01T00:00:30Z')
  await client.query('commit')
  client.release()
  expect(await countRows(pool, 'reminders')).toBe(2)
  await remindAt(pool, '2027-03-01T00:01:30Z')
  expect(await countRows(pool, 'reminders')).toBe(3)
})

test('nothing is made when the clock is behind the progress', async () => {
  const { pool } = await remindedTask()
  await remindAt(pool, '2027-02-27T00:00:00Z')
  const { rows } = await pool.query('select rfc3339(made_until) as until from reminder_progress')
  expect(rows).toEqual([{ until: '2027-02-28T12:00:01.000Z' }])
})
