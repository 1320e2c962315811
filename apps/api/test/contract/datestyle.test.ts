import { expect, test } from 'vitest'
import { startTestApp } from '../support/test-app.ts'

test('days look the same whatever style the database has for dates', async () => {
  const first = await startTestApp()
  await first.pool.query(
    `do $$ begin execute format('alter database %I set datestyle = %L', current_database(), 'German'); end $$`,
  )
  const api = await startTestApp({ database: first.database })
  const ada = await api.as()
  const goal = await ada.goal({ targetDate: '2027-06-01' })
  expect((await ada.get(`/v1/goals/${goal.id}`)).body).toEqual(goal)
  expect((await ada.get('/v1/goals')).body.data).toEqual([goal])
  await api.close()
  await first.close()
})
