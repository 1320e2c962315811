import { expect, test } from 'vitest'
import { insertDueTasks, insertGoal, loadReminders, remindAt, setMadeUntil } from '../support/due-tasks.ts'
import { countRows, openPool } from '../support/rows.ts'

test('each task gets each reminder and its event once when many replicas look at the same time', async () => {
  const pool = await openPool(6)
  const goal = await insertGoal(pool)
  await setMadeUntil(pool, '2027-02-28T23:00:00Z')
  const ids = [
    ...(await insertDueTasks(pool, goal, { dueDate: '2027-03-01', count: 1_200 })),
    // A batch ends between tasks of the same instant.
    ...(await insertDueTasks(pool, goal, { dueAt: '2027-03-01T20:00:00Z', count: 1_100 })),
  ]
  const now = '2027-03-01T00:00:01Z'
  const runs = await Promise.all(Array.from({ length: 5 }, () => remindAt(pool, now)))
  // A replica that finds the lock taken leaves the rest to the other one or to the next look.
  runs.push(await remindAt(pool, now))
  const made = await loadReminders(pool)
  expect(
    made
      .filter(({ kind }) => kind === 'due-today')
      .map(({ taskId }) => taskId)
      .toSorted(),
  ).toEqual(ids.toSorted())
  expect(made).toHaveLength(2_300)
  expect(runs.flat()).toHaveLength(made.length)
  expect(await countRows(pool, `events where type = 'reminder:due'`)).toBe(made.length)
  expect(await countRows(pool, `deliveries where consumer = 'notifications'`)).toBe(made.length)
  expect(await countRows(pool, 'event_readers')).toBe(0)
})
