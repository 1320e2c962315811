import { digestTables } from '@goals-tasks/db/testing'
import { expect } from 'vitest'
import type { Client } from '../../src/demo/client.ts'
import { loadGoals } from '../../src/demo/load.ts'
import { expireIdempotencyKeys, readLoaded, type Service, sampleOf, test } from '../support/demo.ts'

const ada = { sub: '00000000-0000-4000-8000-000000000001', scope: 'goals:write tasks:write' }

/** Loads the sample, fails after `writes` writes, and lets the idempotency keys expire. */
async function interruptLoad(service: Service, name: string, writes: number): Promise<void> {
  let done = 0
  const call = service.connect()
  const interrupted: Client = async (userId, method, path, content) => {
    if (method !== 'GET' && ++done > writes) throw new Error('interrupted')
    return call(userId, method, path, content)
  }
  await expect(loadGoals(interrupted, sampleOf(name), 1)).rejects.toThrow('interrupted')
  await expireIdempotencyKeys(service)
}

test.for([1, 12, 35, 57, 75, 95])(
  'a load is completed a week later when it was interrupted after %i writes',
  async (writes, { service }) => {
    const name = `cut-${writes}`
    await interruptLoad(service, name, writes)
    await service.load(name)
    await service.load(`${name}-not`)
    expect(await readLoaded(service, name)).toEqual(await readLoaded(service, `${name}-not`))
  },
)

test('a load changes nothing when it looked for goals before another load created them', async ({ service }) => {
  await service.load('late')
  const before = await digestTables(service.pool)
  const emptyPage = { data: [], page: { nextCursor: null } }
  const call = service.connect()
  const late: Client = async <T>(...[userId, method, path, content]: Parameters<Client>): Promise<T> =>
    method === 'GET' ? (emptyPage as T) : call<T>(userId, method, path, content)
  await service.load('late', late)
  expect(await digestTables(service.pool)).toEqual(before)
})

test('a load leaves an unfinished goal alone when its owner has closed or deleted it', async ({ service }) => {
  await interruptLoad(service, 'left', 30)
  const idOf = async (ref: string) => {
    const text = `select id from goals where metadata->>'externalId' = $1`
    return (await service.pool.query(text, [`left/${ref}`])).rows[0].id
  }
  expect(await service.send(ada, 'DELETE', `/v1/goals/${await idOf('research')}`)).toBe(204)
  expect(await service.send(ada, 'POST', `/v1/goals/${await idOf('pricing')}/cancel`)).toBe(200)
  expect(await service.load('left')).toMatchObject({ goalsLeftAsTheyAre: 2 })
  const pricing = (await readLoaded(service, 'left')).find((row) => row.ref === 'pricing')
  expect(pricing).toMatchObject({ status: 'CANCELLED', version: 2 })
})
