import { expect } from 'vitest'
import { bearer } from './support/actors.ts'
import { test } from './support/ops.ts'

test('the integrity is checked part by part, and a cursor continues', async ({ ops }) => {
  await ops.pool.query('truncate goals, events, deliveries, dead_letters cascade')
  const get = async (query = '') => ops.app.inject({ url: `/ops/integrity${query}`, headers: await bearer() })
  const { aggregateId } = await ops.createGoal()
  await ops.pool.query(`update goals set title = 'another'`)
  const whole = (await get()).json()
  expect(whole).toMatchObject({
    checked: { goals: 1, versions: 1 },
    counts: { stale: 1, lost: 0 },
    findings: [{ kind: 'stale', subject: 'goal', id: aggregateId, version: 1 }],
    nextCursor: null,
  })
  const rest = (await get(`?cursor=goal:${aggregateId}`)).json()
  expect(rest).toMatchObject({ checked: { goals: 0 }, counts: { stale: 0 }, findings: [] })
  expect((await get('?cursor=delivery:sync:00000000-0000-0000-0000-000000000000:')).json()).toMatchObject({
    checked: { goals: 0 },
  })
  expect((await get('?cursor=nothing')).statusCode).toBe(400)
  expect((await ops.app.inject({ url: '/ops/integrity' })).statusCode).toBe(401)
})
