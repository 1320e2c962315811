import { freshDatabase, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, test } from 'vitest'
import { runCli } from './support/run-cli.ts'

test('migrate prints that it waits for another migration, and ends when that one has ended', async () => {
  const { url } = await freshDatabase()
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  await holder.query(`select pg_advisory_lock(hashtext('goals-tasks migrate'))`)
  const run = runCli({ DATABASE_URL: url }, 'migrate')
  const isWaiting = `select exists (select from pg_stat_activity
    where datname = current_database() and application_name = 'goals-tasks migrate' and query ~ 'pg_locks') as waiting`
  await until(async () => (await holder.query(isWaiting)).rows[0].waiting, { timeoutMs: 60_000 })
  await holder.end()
  expect(await run).toEqual({
    code: 0,
    stdout: 'the schema is up to date',
    stderr: expect.stringMatching(/^waiting for another migration \(Postgres process \d+, .+, since \S+Z\)\n$/),
  })
})

test('migrate exits with 1 and names the problem when the database has another encoding', async () => {
  const { url } = await freshDatabase()
  const dba = new pg.Client({ connectionString: url })
  await dba.connect()
  const database = `latin1_${crypto.randomUUID().slice(0, 8)}`
  await dba.query(`create database ${database} template template0 encoding 'LATIN1' locale 'C'`)
  await dba.end()
  const latin1 = Object.assign(new URL(url), { pathname: `/${database}` })
  expect(await runCli({ DATABASE_URL: latin1.href }, 'migrate')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('has the encoding LATIN1: create one'),
  })
})
