import { operationsTest as test } from '@goals-tasks/operations/testing'
import { expect } from 'vitest'
import { runPause } from '../src/consumers/run.ts'
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

test('pause exits with 2 and its usage when the consumer is unknown', async () => {
  const { code, stderr } = await runCli({}, 'pause', 'nothing', '--reason', 'x')
  expect(code).toBe(2)
  expect(stderr).toMatch(/unknown consumer 'nothing'(.|\n)*Usage: goals-tasks pause/)
})
