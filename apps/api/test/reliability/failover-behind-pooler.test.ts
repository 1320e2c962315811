import { randomUUID } from 'node:crypto'
import { createDatabase } from '@goals-tasks/db'
import { prepareForPooler, promoteTo } from '@goals-tasks/db/testing'
import { cleanUp, freshDatabase, freshRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { startApiProcess } from '../support/api-process.ts'
import { signToken } from '../support/token.ts'

/** Makes the server look like a promoted standby that lacks the newest version of the goal. */
const failOver = (id: string) => `
  update goals set version = 1, title = 'kept' where id = '${id}';
  ${promoteTo(2)}`

const isFilled = /^gt_cache_fills_total\{outcome="stored"\} [1-9]/m

test('a change on a new timeline is read at once when the connections outlived the failover', async () => {
  const { url } = await freshDatabase()
  const { pool, close } = createDatabase({ url, poolSize: 1, name: 'test', onError: () => undefined })
  cleanUp(close)
  const api = await startApiProcess({ database: { url: await prepareForPooler(url) }, redis: freshRedis() })
  const token = await signToken(randomUUID(), 'goals:read goals:write')
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' }
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${api.url}/v1${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    })
    return response.json() as Promise<{ id: string; version: number; title: string }>
  }
  const { id } = await call('POST', '/goals', { title: 'kept' })
  await call('PATCH', `/goals/${id}`, { title: 'lost' })
  // A fill that takes too long leaves the text out, so a later read fills it.
  await until(async () => {
    expect(await call('GET', `/goals/${id}`)).toMatchObject({ version: 2, title: 'lost' })
    return isFilled.test(await (await fetch(`${api.probeUrl}/metrics`)).text())
  })

  await pool.query(failOver(id))
  expect(await call('PATCH', `/goals/${id}`, { title: 'new' })).toMatchObject({ version: 2, title: 'new' })
  expect(await call('GET', `/goals/${id}`)).toMatchObject({ version: 2, title: 'new' })
  expect((await pool.query('select epoch, timeline from installation')).rows).toEqual([{ epoch: 2, timeline: 2 }])
})
