import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { launchProgram } from '../src/start/program.ts'
import { supervise } from '../src/start/supervise.ts'
import { watchFiles } from '../src/start/watch-files.ts'
import { cleanUp, until } from '../src/testing/index.ts'
import { test } from './support/in-folder.ts'

/** Replaces a file in one step, as many editors do. */
async function save(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

test('a watched process waits for the next change after a syntax error', async ({ folder }) => {
  const [main, part] = [join(folder, 'main.ts'), join(folder, 'part.ts')]
  await save(main, `import { text } from './part.ts'\nconsole.log(text)\nsetInterval(() => undefined, 1000)\n`)
  await save(part, `export const text: string = 'one'\n`)

  const lines: string[] = []
  const messages: string[] = []
  const files = watchFiles((file) => void supervised.restart(file))
  const launch = async () =>
    launchProgram({ path: main, env: process.env, onLine: (line) => lines.push(line), onImport: files.add })
  const log = (message: string) => messages.push(message)
  const supervised = supervise({ name: 'program', first: await launch(), launch, log, awaitsRestart: true })
  cleanUp(async () => {
    files.close()
    await supervised.stop()
  })
  await until(() => lines.includes('one'))

  await save(part, `export const text: string = 'two\n`)
  await until(() => messages.includes('program ended (exit code 1); waiting for a change'))
  expect(lines.join('\n')).toContain('part.ts')

  await save(part, `export const text: string = 'three'\n`)
  await until(() => lines.includes('three'))
  expect(messages).toEqual([
    `program restarts: ${part}`,
    'program ended (exit code 1); waiting for a change',
    `program restarts: ${part}`,
  ])
})
