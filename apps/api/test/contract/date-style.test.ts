import { expect } from 'vitest'
import { test } from '../support/test.ts'
import { startTestApp } from '../support/test-app.ts'

test('a day looks the same when the database has another style for dates', async ({ api: first }) => {
  await first.pool.query(
    `do $$ begin execute format('alter database %I set datestyle = %L', current_database(), 'German'); end $$`,
  )
  const api = await startTestApp({ database: first.database })
  const ada = await api.as()
  const goal = await ada.createGoal({ targetDate: '2027-06-01' })
  expect((await ada.get(`/v1/goals/${goal.id}`)).body).toEqual(goal)
  const { view: _view, ...listed } = goal
  expect((await ada.get('/v1/goals')).body.data).toEqual([listed])
  await api.close()
})
