import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { test as base } from '../support/test.ts'
import { startTestApp } from '../support/test-app.ts'

// A second process that shares the database and the cache.
const test = base.extend('other', { scope: 'file' }, async ({ api }, { onCleanup }) => {
  const other = await startTestApp({ database: api.database, redis: api.redis })
  onCleanup(() => other.close())
  return other
})

test.for([
  ['its Idempotency-Key', { 'idempotency-key': randomUUID() }],
  ['no key, as a no-op', undefined],
] as const)(
  'a read shows the write when its process crashed before it published, and the request is repeated with %s',
  async ([, key], { api, other }) => {
    const hits = async () => (await other.cache.getStats()).hits
    const ada = await api.as()
    const adaThere = await other.as(ada.id)
    const goal = await ada.createGoal()
    const path = `/v1/goals/${goal.id}`
    for (const url of [path, '/v1/goals'])
      await until(async () => {
        const before = await hits()
        await adaThere.get(url)
        return (await hits()) > before
      })
    const publish = api.deps.publish
    api.deps.publish = () => Promise.reject(new Error('killed'))
    expect((await ada.post(`${path}/hold`, {}, key)).status).toBe(500)
    api.deps.publish = publish
    const again = await adaThere.post(`${path}/hold`, {}, key)
    expect(again).toMatchObject({ status: 200, body: { status: 'ON_HOLD', version: 2 } })
    expect((await adaThere.get(path)).body).toMatchObject({ status: 'ON_HOLD', version: 2 })
    expect((await adaThere.get('/v1/goals')).body.data).toMatchObject([{ status: 'ON_HOLD', version: 2 }])
  },
)
