import { expect, test } from 'vitest'
import { findInstallation } from '../src/installation/config.ts'
import { writeStackFile } from './support/stack-folder.ts'

const started = { databaseUrl: 'postgres://u:p@here/goals', redisUrl: 'redis://here' }
const cache = { cacheUrl: started.redisUrl, cachePrefix: 'gt-cache', cacheSharesRedis: true }

test('the installation is the one that `start` runs, with its queue prefix and the cache in its Redis', async () => {
  expect(findInstallation(await writeStackFile(started))).toEqual({ ...started, ...cache, queuePrefix: 'gt' })
  const withPrefix = { ...started, queuePrefix: 'mine' }
  expect(findInstallation(await writeStackFile(withPrefix))).toEqual({ ...withPrefix, ...cache })
})

test('the installation is the one that the environment names when `start` runs another one', async () => {
  const env = { DATABASE_URL: 'postgres://there/goals', REDIS_URL: 'redis://there', QUEUE_PREFIX: 'theirs' }
  const cacheThere = { CACHE_REDIS_URL: 'redis://cache-there', CACHE_PREFIX: 'theirs' }
  expect(findInstallation({ ...(await writeStackFile(started)), ...env, ...cacheThere })).toEqual({
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    queuePrefix: 'theirs',
    cacheUrl: cacheThere.CACHE_REDIS_URL,
    cachePrefix: 'theirs',
    cacheSharesRedis: false,
  })
})

test('the cache shares the Redis of the queues when it has another database of it', async () => {
  const cacheUrl = 'redis://HERE:6379/1'
  expect(findInstallation({ ...(await writeStackFile(started)), CACHE_REDIS_URL: cacheUrl })).toMatchObject({
    cacheUrl,
    cacheSharesRedis: true,
  })
})

test('the installation of `start` is found when the environment names the Postgres that it uses', async () => {
  const stack = await writeStackFile(started)
  const parts = { DB_HOST: 'here', DB_PORT: '5432', DB_NAME: 'goals', DB_USER: 'u', DB_PASSWORD: 'p' }
  expect(findInstallation({ ...stack, DATABASE_URL: started.databaseUrl })).toMatchObject(started)
  const withPort = await writeStackFile({ ...started, databaseUrl: 'postgres://u:p@here:5432/goals' })
  expect(findInstallation({ ...withPort, ...parts })).toMatchObject({ redisUrl: started.redisUrl })
})

test('the search fails when the environment names a server of another installation', async () => {
  const stack = await writeStackFile(started)
  const find = (env: Record<string, string>) => () => findInstallation({ ...stack, ...env })
  expect(find({ DATABASE_URL: 'postgres://there/goals' })).toThrow(/DATABASE_URL names another/)
  expect(find({ REDIS_URL: 'redis://there' })).toThrow(/REDIS_URL names another/)
})

test('the search says which variables to set when nothing runs', () => {
  expect(() => findInstallation({ DATA_DIR: '/nowhere' })).toThrow(
    /is `start` running .* set DATABASE_URL and REDIS_URL/,
  )
})
