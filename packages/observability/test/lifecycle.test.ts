import { startProcess } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'

test('a stopped process ends with the line that says so when an earlier line is still being written', async () => {
  // The only thread that writes lines is busy when the process logs its last ones.
  const program = startProcess('packages/observability/test/support/slow-output.ts', { UV_THREADPOOL_SIZE: '1' })
  await program.waitForLog(({ msg }) => msg === 'ready')
  program.kill()
  expect(await program.exit).toEqual({ code: 0, signal: null })
  expect(program.logs.map(({ msg }) => msg)).toEqual(['ready', 'stopping', 'closing', 'stopped'])
})
