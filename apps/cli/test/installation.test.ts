import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findInstallation } from '../src/installation/config.ts'

const here = { databaseUrl: 'postgres://u:p@here/goals', redisUrl: 'redis://here' }

async function running(stack: object) {
  const folder = await mkdtemp(join(tmpdir(), 'stack-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'stack.json'), JSON.stringify(stack))
  return { DATA_DIR: folder }
}

test('it is the one that `start` runs, with the prefix of its queues', async () => {
  expect(findInstallation(await running(here))).toEqual({ ...here, queuePrefix: 'gt' })
  expect(findInstallation(await running({ ...here, queuePrefix: 'mine' }))).toEqual({ ...here, queuePrefix: 'mine' })
})

test('it is the one that the environment names, whatever `start` runs', async () => {
  const env = { DATABASE_URL: 'postgres://there/goals', REDIS_URL: 'redis://there', QUEUE_PREFIX: 'theirs' }
  expect(findInstallation({ ...(await running(here)), ...env })).toEqual({
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    queuePrefix: 'theirs',
  })
})

test('a `start` on a Postgres of yours is found by the environment that it was started in', async () => {
  const stack = await running(here)
  const parts = { DB_HOST: 'here', DB_PORT: '5432', DB_NAME: 'goals', DB_USER: 'u', DB_PASSWORD: 'p' }
  expect(findInstallation({ ...stack, DATABASE_URL: here.databaseUrl })).toMatchObject(here)
  expect(
    findInstallation({ ...(await running({ ...here, databaseUrl: 'postgres://u:p@here:5432/goals' })), ...parts }),
  ).toMatchObject({ redisUrl: here.redisUrl })
})

test('two servers of different installations are never looked at together', async () => {
  const stack = await running(here)
  expect(() => findInstallation({ ...stack, DATABASE_URL: 'postgres://there/goals' })).toThrow(
    /DATABASE_URL names another/,
  )
  expect(() => findInstallation({ ...stack, REDIS_URL: 'redis://there' })).toThrow(/REDIS_URL names another/)
})

test('where nothing runs, the way out is told', () => {
  expect(() => findInstallation({ DATA_DIR: '/nowhere' })).toThrow(
    /is `start` running .* set DATABASE_URL and REDIS_URL/,
  )
})
