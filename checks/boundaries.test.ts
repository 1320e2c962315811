import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** A rule that nothing can break is no rule: each is broken once, in a copy of this repository. */
const root = resolve(import.meta.dirname, '..')
const copy = mkdtempSync(join(tmpdir(), 'goals-tasks-boundaries-'))
const bin = join(root, 'node_modules', '.bin')
const workspaces = ['apps', 'packages'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => `${group}/${name}`),
)

beforeAll(() => {
  const skip = ['node_modules', '.git', '.data', '.turbo']
  cpSync(root, copy, { recursive: true, filter: (path) => !skip.some((name) => path.endsWith(`/${name}`)) })
  for (const place of ['.', ...workspaces])
    symlinkSync(join(root, place, 'node_modules'), join(copy, place, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

type Run = { code: number; output: string }
const run = (command: string, args: string[], cwd = copy) =>
  new Promise<Run>((done) => {
    const env = {
      ...process.env,
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      TURBO_TELEMETRY_DISABLED: '1',
      NO_COLOR: '1',
    }
    execFile(join(bin, command), args, { cwd, env }, (error, stdout, stderr) =>
      done({ code: error ? 1 : 0, output: stdout + stderr }),
    )
  })

/** Runs `check` with `code` planted at `path`, which is gone again afterwards. */
async function planted(path: string, code: string, check: () => Promise<Run>): Promise<Run> {
  const file = join(copy, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, code)
  return check().finally(() => rmSync(file))
}

const boundaries = () => run('turbo', ['boundaries'])
const lint = (path: string) => () => run('biome', ['lint', path])

test('the copy keeps every rule, and the rules looked at something', async () => {
  const result = await boundaries()
  expect(result.output).toMatch(/Checked [1-9]\d+ files in [1-9]\d* packages, no issues found/)
  expect(result.code).toBe(0)
})

test.for([
  ['an app imports another app', 'apps/api/src/planted.ts', "import '@goals-tasks/worker'\n", '@goals-tasks/worker'],
  [
    'an app reaches into another by path',
    'apps/api/src/planted.ts',
    "import '../../worker/src/config.ts'\n",
    'worker/src/config.ts',
  ],
  ['a package imports an app', 'packages/db/src/planted.ts', "import '@goals-tasks/api'\n", '@goals-tasks/api'],
  ['a package imports what it does not declare', 'packages/config/src/planted.ts', "import 'fastify'\n", 'fastify'],
] as const)('%s: refused', async ([, path, code, named]) => {
  const result = await planted(path, code, boundaries)
  expect(result.code).toBe(1)
  expect(result.output).toContain(named)
})

test.for([
  [
    'events import the database',
    'packages/events/src/planted.ts',
    "import { goals } from '@goals-tasks/db'\nexport const x = goals\n",
    'events know nothing of tables',
  ],
  [
    'events import HTTP',
    'packages/events/src/planted.ts',
    "import fastify from 'fastify'\nexport const x = fastify\n",
    'nothing of HTTP',
  ],
  [
    'routes import SQL',
    'apps/api/src/planted/routes.ts',
    "import { sql } from 'drizzle-orm'\nexport const x = sql\n",
    'queries live in the service',
  ],
  [
    'the environment is read outside of config.ts',
    'apps/api/src/planted.ts',
    'export const x = process.env.PATH\n',
    'noProcessEnv',
  ],
  [
    'a promise floats',
    'apps/worker/src/planted.ts',
    'async function f(): Promise<void> {}\nf()\n',
    'noFloatingPromises',
  ],
  [
    'an error is swallowed',
    'apps/worker/src/planted.ts',
    'try {\n  JSON.parse("")\n} catch {}\n',
    'noEmptyBlockStatements',
  ],
  ['a type is any', 'packages/db/src/planted.ts', 'export const x = (a: any) => a\n', 'noExplicitAny'],
] as const)('%s: refused, with the reason', async ([, path, code, reason]) => {
  const result = await planted(path, code, lint(path))
  expect(result.code).toBe(1)
  expect(result.output).toContain(reason)
})

test('an export that nobody uses: refused', async () => {
  const result = await planted('packages/config/src/planted.ts', 'export const lonely = 1\n', () => run('knip', []))
  expect(result.code).toBe(1)
  expect(result.output).toContain('planted.ts')
})

test('a type error: refused', async () => {
  const result = await planted('packages/config/src/planted.ts', 'export const x: number = "one"\n', () =>
    run('tsc', ['--noEmit', '-p', '.'], join(copy, 'packages/config')),
  )
  expect(result.code).toBe(1)
  expect(result.output).toContain('planted.ts')
})

test('a generated file that is stale: refused', async () => {
  writeFileSync(join(copy, '.env.example'), `${readFileSync(join(root, '.env.example'), 'utf8')}\n#STALE=\n`)
  const result = await run('node', ['checks/generated.ts', '--check'])
  expect(result.code).toBe(1)
  expect(result.output).toContain('stale: .env.example')
})
