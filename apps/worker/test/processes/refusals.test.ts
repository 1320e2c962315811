import { randomBytes } from 'node:crypto'
import { freshDatabase, freshRedis, startProcess, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, test } from 'vitest'

const api = 'apps/api/src/main.ts'
const worker = 'apps/worker/src/main.ts'
const reachable = { REDIS_URL: 'redis://nowhere', DATABASE_URL: 'postgres://nowhere/x' }
const key = { AUTH_JWT_SECRET: 'a-secret-for-tests-of-32-characters' }

/** What a process says that is to end before it serves anything. */
async function refusal(program: string, env: Record<string, string>): Promise<string> {
  const process = startProcess(program, env)
  expect(await process.exit).toEqual({ code: 1, signal: null })
  await until(() => process.stderr().endsWith('\n'))
  expect(process.stderr()).not.toMatch(/^\s+at /m)
  return process.stderr()
}

test('half a set of DB_* variables is refused, and the other half named', async () => {
  const said = await refusal(api, { ...key, REDIS_URL: 'redis://nowhere', DB_HOST: 'localhost', DB_NAME: 'goals' })
  expect(said).toContain('DB_PORT, DB_USER, DB_PASSWORD missing')
})

test.each([
  ['without a key', {}, 'AUTH_JWT_SECRET or AUTH_JWKS_URL is required'],
  [
    'with a secret that was generated for development',
    { AUTH_JWT_SECRET: `dev-only-${'x'.repeat(40)}` },
    'AUTH_JWT_SECRET begins with dev-only-',
  ],
])('production %s is refused', async (_, keys, complaint) => {
  expect(await refusal(api, { ...reachable, ...keys, NODE_ENV: 'production' })).toContain(complaint)
})

test.each([
  ['the API', api],
  ['a worker', worker],
])('%s on an empty database names the missing migrations and the command', async (_, program) => {
  const said = await refusal(program, { ...key, DATABASE_URL: await emptyDatabase(), REDIS_URL: freshRedis().url })
  expect(said).toMatch(/lacks the migration 0000_init, .+: run `npm run migrate`/)
})

async function emptyDatabase(): Promise<string> {
  const { url } = await freshDatabase()
  const name = `empty${randomBytes(8).toString('hex')}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`create database ${name} template template0`)
  await client.end()
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}
