import { freshDatabase } from '@goals-tasks/devstack/testing'
import pg from 'pg'
import { test as base, expect } from 'vitest'
import { createDatabase } from '../src/engine/client.ts'

/** A test with a database of its own, and a function that sets defaults of it. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures from this pattern
  .extend('url', async ({}) => (await freshDatabase()).url)
  .extend('setDefaults', ({ url }) => async (settings: Record<string, string>) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const name = client.escapeIdentifier(new URL(url).pathname.slice(1))
    for (const [setting, value] of Object.entries(settings))
      await client.query(`alter database ${name} set ${setting} = ${client.escapeLiteral(value)}`)
    await client.end()
  })

/** Returns the settings of a session of the program. */
async function loadSettings(url: string) {
  const { pool, close } = createDatabase({ url, poolSize: 1, name: 'goals-tasks test', onError: () => undefined })
  try {
    const { rows } = await pool.query(
      `select current_setting('default_transaction_isolation') as isolation, current_setting('timezone') as timezone,
              current_setting('datestyle') as datestyle, current_setting('lock_timeout') as lock,
              current_setting('statement_timeout') as statement, current_setting('application_name') as name,
              current_setting('idle_in_transaction_session_timeout') as idle,
              current_setting('transaction_timeout') as transaction, current_setting('work_mem') as work_mem`,
    )
    return rows[0]
  } finally {
    await close()
  }
}

const own = {
  ...{ isolation: 'read committed', timezone: 'UTC', datestyle: 'ISO, MDY' },
  ...{ lock: '10s', statement: '30s', idle: '30s', transaction: '1min' },
}

test('a session has the settings of the program when the database has other defaults', async ({ url, setDefaults }) => {
  await setDefaults({
    default_transaction_isolation: 'repeatable read',
    timezone: 'Asia/Tokyo',
    datestyle: 'German',
    lock_timeout: '1ms',
    statement_timeout: '700ms',
    idle_in_transaction_session_timeout: '0',
    transaction_timeout: '0',
  })
  expect(await loadSettings(url)).toMatchObject(own)
})

test('options and parameters of the URL are added and override no setting of the program', async ({ url }) => {
  const given = new URL(url)
  given.searchParams.set('options', '-c work_mem=7MB -c timezone=Asia/Tokyo -c search_path=public')
  given.searchParams.set('application_name', 'billing')
  given.searchParams.set('statement_timeout', '1')
  given.searchParams.set('lock_timeout', '1')
  expect(await loadSettings(given.href)).toEqual({ ...own, work_mem: '7MB', name: 'goals-tasks test billing' })
})
