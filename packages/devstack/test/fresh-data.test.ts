import { expect, test } from 'vitest'
import { freshDatabase, freshRedis } from '../src/testing/index.ts'
import { askRedis, query } from './support/ask.ts'

test('two fresh databases do not share a table', async () => {
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase()])
  await query(one.url, 'create table only_here ()')
  expect(await query(one.url, `select to_regclass('only_here')::text as found`)).toEqual([{ found: 'only_here' }])
  expect(await query(other.url, `select to_regclass('only_here')::text as found`)).toEqual([{ found: null }])
})

test('a fresh database is Postgres 18 and sorts by code point on every machine', async () => {
  const { url } = await freshDatabase()
  expect(await query(url, `select uuidv7() is not null as v7, 'Z' < 'a' as code_point`)).toEqual([
    { v7: true, code_point: true },
  ])
})

test('two tests share a Redis and have different prefixes', async () => {
  const [one, other] = [freshRedis(), freshRedis()]
  expect(one.url).toBe(other.url)
  expect(one.prefix).not.toBe(other.prefix)
  expect(await askRedis(one.url, 'PING')).toBe('+PONG')
})
