import { randomBytes } from 'node:crypto'
import { freshDatabase, freshRedis, startProcess, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, test } from 'vitest'
import { jwtSecret } from '../support/processes/process-installation.ts'

const api = 'apps/api/src/main.ts'
const worker = 'apps/worker/src/main.ts'
const reachable = { REDIS_URL: 'redis://nowhere', DATABASE_URL: 'postgres://nowhere/x' }
const key = { AUTH_JWT_SECRET: jwtSecret }

/** Starts a process that must refuse to start. @returns what it wrote to standard error */
async function refusalOf(program: string, env: Record<string, string>): Promise<string> {
  const process = startProcess(program, env)
  expect(await process.exit).toEqual({ code: 1, signal: null })
  await until(() => process.stderr().endsWith('\n'))
  expect(process.stderr()).not.toMatch(/^\s+at /m)
  return process.stderr()
}

test('the API refuses to start and names the missing variables when only some DB_* variables are set', async () => {
  const refusal = await refusalOf(api, { ...key, REDIS_URL: 'redis://nowhere', DB_HOST: 'localhost', DB_NAME: 'goals' })
  expect(refusal).toContain('DB_PORT, DB_USER, DB_PASSWORD missing')
})

test.each([
  ['there is no key', {}, 'AUTH_JWT_SECRET or AUTH_JWKS_URL is required'],
  [
    'the secret was generated for development',
    { AUTH_JWT_SECRET: `dev-only-${'x'.repeat(40)}` },
    'AUTH_JWT_SECRET begins with dev-only-',
  ],
])('the API refuses to start in production when %s', async (_, keys, complaint) => {
  expect(await refusalOf(api, { ...reachable, ...keys, NODE_ENV: 'production' })).toContain(complaint)
})

test.each([
  ['the API', api],
  ['a worker', worker],
])('%s names the missing migrations and the command when its database is empty', async (_, program) => {
  const refusal = await refusalOf(program, { ...key, DATABASE_URL: await emptyDatabase(), REDIS_URL: freshRedis().url })
  expect(refusal).toMatch(/lacks the migration 0000_init, .+: run `npm run migrate`/)
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
