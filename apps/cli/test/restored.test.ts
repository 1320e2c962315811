import { listActions } from '@goals-tasks/db'
import { promoteTo } from '@goals-tasks/db/testing'
import { operationsTest as test } from '@goals-tasks/operations/testing'
import { expect } from 'vitest'
import { runRestored } from '../src/restored/run.ts'
import { runCli } from './support/run-cli.ts'

test('restored lets the processes notice another cluster, and is recorded', async ({ operations }) => {
  const { pool, environment } = operations
  const isRecorded = async () => {
    const { rows } = await pool.query(
      'select present.timeline = recorded.timeline as same from present_cluster() present, installation recorded',
    )
    return rows[0].same
  }
  expect(await isRecorded()).toBe(true)
  const { code, stdout } = await runCli(environment, 'restored', '--by', 'ada', '--reason', 'the disk broke')
  expect(code).toBe(0)
  expect(stdout).toContain('voids the cache and begins a new epoch of the feed')
  expect(await isRecorded()).toBe(false)
  expect(await listActions(pool, { limit: 1 })).toMatchObject([
    { action: 'installation-restored', actor: 'ada', reason: 'the disk broke', subject: 'installation' },
  ])
  await pool.query('select record_cluster()')
  const { rows } = await pool.query('select epoch from installation')
  expect(rows).toEqual([{ epoch: 2 }])
})

test('restored exits with 1 and says what to do when Postgres hides its timeline', async ({ operations }) => {
  const { pool } = operations
  await pool.query(promoteTo(null))
  const { text, exitCode } = await runRestored(operations, { actor: 'ada', reason: null })
  expect(exitCode).toBe(1)
  expect(text).toContain('select raise_epoch()')
  const { rows } = await pool.query('select timeline > 0 as kept from installation')
  expect(rows).toEqual([{ kept: true }])
})
