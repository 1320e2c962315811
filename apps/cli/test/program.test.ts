import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runCli } from './support/run-cli.ts'

const userId = '00000000-0000-4000-8000-000000000001'

test('the program prints the version of the repository', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(await runCli({}, '--version')).toEqual({ code: 0, stdout: version, stderr: '' })
})

test('the help lists the commands and the exit codes', async () => {
  const { code, stdout } = await runCli({}, '--help')
  expect(code).toBe(0)
  for (const text of ['status', 'trace', 'dead-letters', 'token', 'demo', 'migrate', 'health', 'Exit code:'])
    expect(stdout).toContain(text)
})

test.for([[[]], [['stats']], [['--all']]] as const)('the program exits with 2 and its usage for %j', async ([args]) => {
  const { code, stdout, stderr } = await runCli({}, ...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('Usage: goals-tasks [options] [command]')
})

test.for([
  ['status'],
  ['trace'],
  ['dead-letters'],
  ['pause', 'sync', '--reason', 'x'],
  ['integrity'],
  ['doctor'],
  ['restored'],
  ['token', '--sub', userId],
  ['demo'],
  ['migrate'],
  ['health'],
] as const)('%s documents its exit codes, and exits with 2 and its usage when an option is unknown', async (args) => {
  const [name] = args
  const [help, refused] = await Promise.all([runCli({}, name, '--help'), runCli({}, ...args, '--unknown')])
  expect(help).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Exit code:\n {2}0 .+\n {2}1 .+\n {2}2 .+$/m),
  })
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toMatch(/unknown option '--unknown'/)
  expect(refused.stderr).toContain(`Usage: goals-tasks ${name}`)
})

test.for([['token'], ['trace'], ['trace', 'x'], ['token', '--sub', 'x'], ['token', '--sub', userId, '--days', '0']])(
  'a command exits with 2 and its usage when an argument is missing or wrong: %j',
  async (args) => {
    const { code, stdout, stderr } = await runCli({}, ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`Usage: goals-tasks ${args[0]} [options]`)
  },
)

test.for([['status'], ['trace', userId], ['token', '--sub', userId], ['demo'], ['migrate'], ['health']])(
  'a command exits with 2 when its configuration is wrong: %j',
  async (args) => {
    const { code, stdout, stderr } = await runCli({ DATA_DIR: '/nowhere' }, ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('The configuration has 1 problem')
  },
)
