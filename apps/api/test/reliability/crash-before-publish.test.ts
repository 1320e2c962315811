import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp } from '../support/test-app.ts'

let here: Awaited<ReturnType<typeof startTestApp>>
let there: Awaited<ReturnType<typeof startTestApp>>
beforeAll(async () => {
  here = await startTestApp()
  there = await startTestApp({ database: here.database, redis: here.redis })
})
afterAll(async () => {
  await there.close()
  await here.close()
})

const hits = async () => (await there.cache.getStats()).hits

test.for([
  ['a repeated key', { 'idempotency-key': randomUUID() }],
  ['a wish that is fulfilled already', undefined],
] as const)(
  'what %s is answered is what reads show, though the first to write died before it could tell',
  async ([, key]) => {
    const ada = await here.as()
    const adaThere = await there.as(ada.id)
    const goal = await ada.goal()
    const path = `/v1/goals/${goal.id}`
    for (const url of [path, '/v1/goals'])
      await until(async () => {
        const before = await hits()
        await adaThere.get(url)
        return (await hits()) > before
      })
    const publish = here.deps.publish
    here.deps.publish = () => Promise.reject(new Error('killed'))
    expect((await ada.post(`${path}/hold`, {}, key)).status).toBe(500)
    here.deps.publish = publish
    const again = await adaThere.post(`${path}/hold`, {}, key)
    expect(again).toMatchObject({ status: 200, body: { status: 'ON_HOLD', version: 2 } })
    expect((await adaThere.get(path)).body).toMatchObject({ status: 'ON_HOLD', version: 2 })
    expect((await adaThere.get('/v1/goals')).body.data).toMatchObject([{ status: 'ON_HOLD', version: 2 }])
  },
)
