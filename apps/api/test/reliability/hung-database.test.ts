import { migrate } from '@goals-tasks/db'
import { ownPostgres, until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { defaultResponseLimits } from '../../src/resource/time-limit.ts'
import { overwrite } from '../support/client.ts'
import { test } from '../support/test.ts'
import { startTestApp } from '../support/test-app.ts'

test('a write and a read get 503 while Postgres hangs, and succeed when it answers again', async ({
  onTestFinished,
}) => {
  const postgres = await ownPostgres()
  await migrate(postgres.url)
  const api = await startTestApp({ database: { url: postgres.url }, responseLimits: defaultResponseLimits })
  onTestFinished(() => api.close())
  const ada = await api.as()
  const goal = await ada.createGoal()
  postgres.pause()
  const hung = await Promise.all([
    ada.post('/v1/goals', { title: 'Late' }),
    ada.patch(`/v1/goals/${goal.id}`, { title: 'Late' }, overwrite),
    ada.get('/v1/tasks?limit=7'),
  ])
  postgres.resume()
  for (const { headers, body } of hung) {
    // The limit of the API ended the wait, not the longer one of the driver.
    const detail = 'The database did not answer in time.'
    expect(body).toMatchObject({ status: 503, code: 'unavailable', detail })
    expect(headers['retry-after']).toBe('2')
  }
  await until(async () => (await ada.post('/v1/goals', { title: 'Again' })).status === 201)
})
