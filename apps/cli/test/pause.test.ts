import { randomUUID } from 'node:crypto'
import { loadStatus } from '@goals-tasks/operations'
import { operationsTest as test } from '@goals-tasks/operations/testing'
import { expect } from 'vitest'
import { runPause } from '../src/consumers/run.ts'
import { createReport } from '../src/status/report.ts'
import { statusScreen } from '../src/status/screen.ts'
import { runCli } from './support/run-cli.ts'

const cause = { consumer: 'sync', actor: 'ada', reason: 'the receiver moves' } as const

test('pause and resume print who changed the consumer last, and why', async ({ operations }) => {
  const paused = await runPause(operations, { ...cause, isPaused: true })
  expect(paused.text).toMatch(/^sync is paused since .* UTC, by ada: the receiver moves$/)
  const again = await runPause(operations, { ...cause, isPaused: true, actor: 'bob' })
  expect(again.text).toMatch(/^sync is already paused since .*, by ada/)
  const { environment } = operations
  const resumed = await runCli(environment, 'resume', 'sync', '--reason', 'it has moved', '--by', 'bob', '--json')
  expect(resumed.code).toBe(0)
  expect(JSON.parse(resumed.stdout)).toMatchObject({ isPaused: false, actor: 'bob', changed: true })
  const actions = await runCli(environment, 'actions', '--json')
  expect(JSON.parse(actions.stdout).data).toMatchObject([
    { action: 'consumer-resumed', actor: 'bob', reason: 'it has moved', subject: 'sync' },
    { action: 'consumer-paused', actor: 'ada', reason: 'the receiver moves', subject: 'sync' },
  ])
})

test('pause takes a webhook of a user, and exits with 1 when no user has it', async ({ operations }) => {
  const { rows } = await operations.pool.query(
    `insert into webhooks (owner_id, url, secret) values (gen_random_uuid(), 'http://a.example/', '') returning id`,
  )
  const name = `sync/${rows[0].id}`
  const { code, stdout } = await runCli(operations.environment, 'pause', name.toUpperCase(), '--reason', 'x')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  const paused = await runCli(operations.environment, 'pause', name, '--reason', 'it moves')
  expect(paused.stdout).toMatch(new RegExp(`^${name} is paused since .*: it moves`))
  const report = createReport(await loadStatus(operations), null)
  expect(statusScreen(report, { places: { postgres: 'here', redis: 'here' }, width: 120 })).toMatch(
    new RegExp(`^${name} is paused since .*: it moves$`, 'm'),
  )
  await operations.pool.query('delete from webhooks where id = $1', [rows[0].id])
  const deleted = await runPause(operations, { ...cause, consumer: `sync/${rows[0].id}`, isPaused: false })
  const unknown = await runPause(operations, { ...cause, consumer: `sync/${randomUUID()}`, isPaused: true })
  expect(deleted.exitCode).toBe(1)
  expect(unknown).toMatchObject({ exitCode: 1, text: expect.stringMatching(/^no user has the webhook sync\//) })
})

test('pause exits with 2 and its usage when the consumer is unknown', async () => {
  const { code, stderr } = await runCli({}, 'pause', 'nothing', '--reason', 'x')
  expect(code).toBe(2)
  expect(stderr).toMatch(/unknown consumer 'nothing'(.|\n)*Usage: goals-tasks pause/)
})
