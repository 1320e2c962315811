import { readFileSync } from 'node:fs'
import { freePort } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { runDoctor } from '../src/doctor/run-doctor.ts'
import { openSources } from './support/doctor.ts'
import { operationsTest as test } from './support/operations.ts'

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'))

/** Returns the lines of the checklist: what they want, and how to check it. */
function checklist(): [item: string, how: string][] {
  const [, rest = ''] = read('docs/operations.md').split('\n## Checklist of a deployment\n')
  const [section = ''] = rest.split('\n## ')
  const lines = [...section.matchAll(/^\| (.+?) \| (.+) \|$/gm)].slice(2)
  return lines.map(([, item = '', how = '']) => [item, how])
}

/** Returns the checks of the doctor in a line. A name without a colon belongs to the same part as the one before it. */
function checksIn(how: string): string[] {
  let part = ''
  return [...how.matchAll(/\*([^*]+)\*/g)].map(([, name = '']) => {
    if (name.includes(': ')) part = name.split(': ', 1)[0] ?? ''
    return name.includes(': ') ? name : `${part}: ${name}`
  })
}

test('every line of the checklist is a check of the doctor, or a command', async ({ operations }) => {
  const { sources } = await openSources(operations)
  const url = `http://127.0.0.1:${await freePort()}`
  const found = (await runDoctor({ ...sources, jwksUrl: url, syncUrl: url })).map(({ check }) => check)
  const lines = checklist()
  expect(lines.length).toBeGreaterThan(8)
  for (const [item, how] of lines) {
    const commands = [...how.matchAll(/`npm run ([\w-]+)/g)].map(([, name = '']) => name)
    for (const command of commands) expect(Object.keys(scripts), item).toContain(command)
    const checks = checksIn(how)
    for (const check of checks)
      expect(
        found.some((name) => `${name} `.startsWith(`${check} `) || name.startsWith(`${check}: `)),
        check,
      ).toBe(true)
    expect(commands.length + checks.length, item).toBeGreaterThan(0)
  }
})
