import { readFileSync } from 'node:fs'
import { operationsTest as test } from '@goals-tasks/operations/testing'
import { expect } from 'vitest'
import { runCli } from '../support/run-cli.ts'

const page = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8')

/** Returns the commands of the section about dead letters, as an operator would copy them. */
function documentedCommands(): string[] {
  const [, section = ''] = page.split('\n## Dead letters\n')
  const [, block = ''] = /```sh\n([\s\S]+?)```/.exec(section) ?? []
  return block.split('\n').flatMap((line) => /^npm run (.+?)\s*(?:#.*)?$/.exec(line)?.[1] ?? [])
}

test('the documented commands find, replay and discard a dead letter', async ({ operations }) => {
  await operations.createDeadLetter('sync', 'the receiver answered 503')
  const commands = documentedCommands()
  expect(commands.map((command) => command.split(' ').slice(0, 3).join(' '))).toEqual([
    ...['dead-letters -- group', 'dead-letters -- list', 'dead-letters -- show'],
    ...['dead-letters -- replay', 'dead-letters -- replay', 'dead-letters -- discard'],
  ])
  const outputs: string[] = []
  let { id } = { id: '' }
  for (const command of commands) {
    if (command.includes('discard')) ({ id } = await operations.createDeadLetter('sync', 'no receiver wants it'))
    // An operator copies the id from the output before.
    const shown = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(outputs.at(-1) ?? '')?.[0] ?? ''
    const args = command
      .replace(' -- ', ' ')
      .replace('<id>', id || shown)
      .split(' ')
    const { code, stdout, stderr } = await runCli(operations.environment, ...args)
    expect({ command, code, stderr: code === 0 ? '' : stderr }).toEqual({ command, code: 0, stderr: '' })
    outputs.push(stdout)
  }
  expect(outputs[0]).toContain('the receiver answered 503')
  expect(outputs[2]).toContain('npm run trace -- ')
  expect(outputs.slice(3)).toEqual([
    expect.stringContaining('would replay 1 dead letter'),
    expect.stringContaining('replayed 1 dead letter'),
    expect.stringContaining('discarded 1 dead letter'),
  ])
  const { rows } = await operations.pool.query('select from dead_letters')
  expect(rows).toEqual([])
})
