import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Creates a suite with a test that fails and one that hangs. It prints `result` after each result. */
function createSuite(): string {
  const folder = mkdtempSync(join(tmpdir(), 'failed-so-far-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(
    join(folder, 'vitest.config.ts'),
    `import { createFailedSoFar } from '${join(root, 'vitest.failed-so-far.ts')}'
     const result = { onTestCaseResult: () => void process.stderr.write('result') }
     export default { test: { globals: true, reporters: [createFailedSoFar(), result] } }`,
  )
  writeFileSync(
    join(folder, 'a.test.ts'),
    `test('one fails', () => expect(1).toBe(2))
     test('one hangs', () => new Promise((resolve) => setTimeout(resolve, 60_000)))`,
  )
  return folder
}

test('an interrupted run lists the tests that have failed so far', async () => {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--root', createSuite()], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (!output.includes('result') && text.includes('result')) child.kill('SIGINT')
    output += text
  })
  await once(child, 'close')
  expect(output).toContain('Interrupted. Failed so far: 1\n')
  expect(output).toMatch(/a\.test\.ts > one fails\n +expected 1 to be 2/)
})
