import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { freshDatabase, ownPostgres } from '@goals-tasks/devstack/testing'
import { expect, onTestFinished, test } from 'vitest'
import { createDatabase } from '../src/engine/client.ts'
import { findDatabaseWriteRefusal } from '../src/engine/write-refusal.ts'

function connect(url: string) {
  const { pool, close } = createDatabase({ url, poolSize: 1, name: 'test', onError: () => undefined })
  onTestFinished(close)
  return pool
}

test('the check leaves no setting and no file behind when Postgres takes writes', async () => {
  const pool = connect((await freshDatabase()).url)
  const settings = async () => (await pool.query('show work_mem')).rows
  const before = await settings()
  expect(await findDatabaseWriteRefusal(pool)).toBeNull()
  expect(await settings()).toEqual(before)
  const { rows } = await pool.query('select count(*)::int as files from pg_ls_tmpdir()')
  expect(rows).toEqual([{ files: 0 }])
})

test('the check returns the reason and the session goes on when the disk is full', async () => {
  const pool = connect((await ownPostgres()).url)
  const { rows } = await pool.query(`select current_setting('data_directory') as folder, pg_backend_pid() as pid`)
  const folder = join(rows[0].folder, 'base/pgsql_tmp')
  await mkdir(folder, { recursive: true })
  // The first temporary file of the session. Every write to /dev/full fails as on a full disk.
  await symlink('/dev/full', join(folder, `pgsql_tmp${rows[0].pid}.0`))
  expect(await findDatabaseWriteRefusal(pool)).toBe('cannot write to its disk: No space left on device')
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

test('the check returns the whole message when a limit of Postgres refuses the write', async () => {
  const { url } = await freshDatabase()
  const name = new URL(url).pathname.slice(1)
  await connect(url).query(`alter database ${name} set temp_file_limit = '64kB'`)
  expect(await findDatabaseWriteRefusal(connect(url))).toMatch(/^cannot write to its disk: temporary file size exceeds/)
})

test('the check rejects when Postgres does not answer', async () => {
  const postgres = await ownPostgres()
  const pool = connect(postgres.url)
  await postgres.stop()
  await expect(findDatabaseWriteRefusal(pool)).rejects.toThrow('ECONNREFUSED')
})
