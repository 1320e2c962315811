import { operationsTest as test } from '@goals-tasks/operations/testing'
import { expect } from 'vitest'
import { doctorScreen } from '../src/doctor/run.ts'
import { runCli } from './support/run-cli.ts'

test('doctor exits with 1 and names the fix of each problem', async ({ operations }) => {
  const away = { SYNC_URL: 'http://127.0.0.1:9/hook', SMTP_URL: 'smtp://127.0.0.1:9' }
  const { code, stdout } = await runCli({ ...operations.environment, ...away }, 'doctor')
  expect(code).toBe(1)
  expect(stdout).toMatch(/^✖ processes: consumers: no process runs audit-log.*\n {4}fix: start a worker/m)
  expect(stdout).toMatch(/^✖ sync: SYNC_URL: .*ECONNREFUSED/m)
  expect(stdout).toMatch(/^✖ mail: SMTP server: .*ECONNREFUSED/m)
  expect(stdout).toMatch(/^\d+ problems, \d+ warnings, 0 unknown, \d+ ok$/m)
})

test('doctor examines one Redis when the cache has another database of it', async ({ operations }) => {
  const { environment } = operations
  const { stdout } = await runCli({ ...environment, CACHE_REDIS_URL: `${environment.REDIS_URL}/1` }, 'doctor')
  expect(stdout).toMatch(/^. Redis: eviction: /m)
  expect(stdout).toMatch(/^. cache: prefix /m)
  expect(stdout).not.toMatch(/^. cache: eviction: /m)
})

test('the screen of the doctor shows a fix below each finding that is not ok', () => {
  const findings = [
    { check: 'a', state: 'ok', fact: 'fine', fix: null },
    { check: 'b', state: 'warning', fact: 'odd', fix: 'look' },
  ] as const
  expect(doctorScreen(findings, 80)).toBe(
    '✔ a: fine\n! b: odd\n    fix: look\n\n0 problems, 1 warnings, 0 unknown, 1 ok',
  )
})
