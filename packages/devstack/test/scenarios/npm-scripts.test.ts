import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitOf, spawnChild } from '../../src/processes/child.ts'
import { childrenOf, commandOf, signalIfAlive } from '../../src/processes/process-table.ts'
import { repositoryRoot } from '../../src/processes/repository.ts'
import { cleanUp } from '../../src/testing/clean-up.ts'
import { freshDatabase, freshRedis, until } from '../../src/testing/index.ts'

const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'))

/** Runs a script of package.json with npm. */
function runScript(name: string, env: NodeJS.ProcessEnv) {
  const child = spawnChild('npm', ['run', name], {
    deathSignal: 'KILL',
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanUp(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    for (const pid of childrenOf(child.pid ?? 0)) signalIfAlive(pid, 'SIGKILL')
    child.kill('SIGKILL')
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  return { child, output: () => output }
}

test.for(['api', 'worker', 'ops'])('npm run %s ends its process cleanly when npm gets SIGTERM', async (name) => {
  const { url, prefix } = freshRedis()
  const { child, output } = runScript(name, {
    DATABASE_URL: (await freshDatabase()).url,
    REDIS_URL: url,
    QUEUE_PREFIX: prefix,
    AUTH_JWT_SECRET: 'a secret for the tests of the npm scripts',
    HOST: '127.0.0.1',
    PORT: '0',
    OPS_PORT: '0',
  })
  await until(() => output().includes('"msg":"ready"'), { describe: output })
  const [pid = 0] = childrenOf(child.pid ?? 0)
  expect(commandOf(pid)).toBe(`gt-${name}`)
  child.kill('SIGTERM')
  await exitOf(child)
  await until(() => commandOf(pid) === undefined)
  expect(output()).toContain('"msg":"stopped"')
  expect(output()).not.toContain('.env')
})

test('a command of package.json reads .env only when there is one', async () => {
  const { child, output } = runScript('token', { AUTH_JWT_SECRET: 'a secret for the tests of the npm scripts' })
  await once(child, 'close')
  expect(output()).toContain("required option '--sub <uuid>' not specified")
  expect(output()).not.toContain('not found')
})

const ourPrograms = Object.keys(scripts).filter((name) =>
  /apps\/\w+\/src\/main\.ts|start\.js/.test(scripts[name] ?? ''),
)

test.for(['start', 'dev', 'dead-letters', ...ourPrograms])(
  'npm run %s replaces the shell of npm, which would keep signals to itself',
  (name) => {
    expect(scripts[name]).toMatch(/^exec node /)
  },
)
