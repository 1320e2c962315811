import { migrate } from '@goals-tasks/db'
import { freshDatabase, startProcess, until } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { expect, test } from 'vitest'
import { runCli } from './support/run-cli.ts'

test('migrate prints that it waits for another migration, and ends when that one has ended', async () => {
  const { url } = await freshDatabase()
  const holder = new pg.Client({ connectionString: url })
  await holder.connect()
  await holder.query(`select pg_advisory_lock(hashtext('goals-tasks migrate'))`)
  const run = startProcess('apps/cli/src/main.ts', { DATABASE_URL: url }, ['migrate'])
  await until(() => run.stderr().endsWith('\n'))
  await holder.end()
  expect(await run.exit).toEqual({ code: 0, signal: null })
  expect(run.stdout()).toBe('the schema is up to date')
  expect(run.stderr()).toMatch(/^waiting for another migration \(Postgres process \d+, .+, since \S+Z\)\n$/)
})

test('migrate names the migration that it postpones, and applies it when the deploy is over', async () => {
  const { url } = await freshDatabase()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('drop schema public cascade; create schema public; drop schema drizzle cascade')
  await client.end()
  await migrate(url, { upTo: '0008_due_day' })
  const first = await runCli({ DATABASE_URL: url }, 'migrate')
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('applied 0009_fillfactor\n') })
  const names = ['0011_drop_representation_after_deploy', '0012_bodies_once_after_deploy']
  for (const name of names)
    expect(first.stdout).toContain(
      `postponed ${name}: when no process of the previous release runs, run \`goals-tasks migrate --after-deploy\` ` +
        '(`npm run migrate -- --after-deploy` from the sources)',
    )
  const second = await runCli({ DATABASE_URL: url }, 'migrate', '--after-deploy')
  expect(second).toEqual({ code: 0, stdout: names.map((name) => `applied ${name}`).join('\n'), stderr: '' })
})

test('migrate --wait applies nothing, names each reason once, and ends when another process has migrated', async () => {
  const { url } = await freshDatabase()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('drop schema public cascade; create schema public; drop schema drizzle cascade')
  const wait = startProcess('apps/cli/src/main.ts', { DATABASE_URL: url }, ['migrate', '--wait'])
  await until(() => wait.stderr().includes('waiting: '))
  expect((await client.query(`select to_regclass('goals') as goals`)).rows).toEqual([{ goals: null }])
  await client.end()
  await migrate(url)
  expect(await wait.exit).toEqual({ code: 0, signal: null })
  expect(wait.stdout()).toBe('the schema is up to date')
  const reasons = wait.stderr().trim().split('\n')
  expect(new Set(reasons).size).toBe(reasons.length)
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
