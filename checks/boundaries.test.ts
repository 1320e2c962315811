import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Each rule of a tool is broken once, in a copy of this repository, to see that the tool enforces it. */
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

/** Runs `check` while the copy has these `files`, and removes them afterwards. */
async function withFiles(files: Record<string, string>, check: () => Promise<Run>): Promise<Run> {
  for (const [path, code] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    writeFileSync(join(copy, path), code)
  }
  return check().finally(() => {
    for (const path of Object.keys(files)) rmSync(join(copy, path))
  })
}

const turboBoundaries = () => run('turbo', ['boundaries'])
const ownBoundaries = () => run('node', ['checks/boundaries.ts'])
const lint = (path: string) => () => run('biome', ['lint', path])
const typecheck = (workspace: string) => () => run('tsc', ['--noEmit', '-p', '.'], join(copy, workspace))

test('the copy keeps every boundary, and turbo reads its files', async () => {
  const result = await turboBoundaries()
  expect(result.output).toMatch(/Checked [1-9]\d+ files in [1-9]\d* packages, no issues found/)
  expect(result.code).toBe(0)
})

test.for([
  ['an app that imports another app', 'apps/api/src/wrong.ts', "import '@goals-tasks/worker'\n", '@goals-tasks/worker'],
  [
    'an app that imports another app by path',
    'apps/api/src/wrong.ts',
    "import '../../worker/src/config.ts'\n",
    'worker/src/config.ts',
  ],
  [
    'a test that imports the tests of another package by path',
    'apps/worker/test/wrong.ts',
    "import '../../../packages/db/test/support/index.ts'\n",
    'db/test/support/index.ts',
  ],
  ['a package that imports an app', 'packages/db/src/wrong.ts', "import '@goals-tasks/api'\n", '@goals-tasks/api'],
  ['a package that imports an undeclared one', 'packages/config/src/wrong.ts', "import 'fastify'\n", 'fastify'],
] as const)('%s is refused', async ([, path, code, named]) => {
  const result = await withFiles({ [path]: code }, turboBoundaries)
  expect(result.code).toBe(1)
  expect(result.output).toContain(named)
})

test('an import that breaks a rule of ours is refused', async () => {
  const result = await withFiles({ 'packages/db/src/wrong.ts': "import 'bullmq'\n" }, ownBoundaries)
  expect(result.code).toBe(1)
  expect(result.output).toContain('packages/db/src/wrong.ts:1: imports bullmq: only the runtime of the worker')
})

test.for([
  ['in types only', 'import type { B }', 'export type A = B', 'import type { A }', 'export type B = A[]'],
  ['in values', 'import { b }', 'export const a = () => b', 'import { a }', 'export const b = () => a'],
] as const)('a circular import %s is refused', async ([, importB, a, importA, b]) => {
  const files = {
    'packages/config/src/wrong/a.ts': `${importB} from './b.ts'\n${a}\n`,
    'packages/config/src/wrong/b.ts': `${importA} from './a.ts'\n${b}\n`,
  }
  const result = await withFiles(files, lint('packages/config/src/wrong'))
  expect(result.code).toBe(1)
  expect(result.output).toContain('lint/suspicious/noImportCycles')
})

test.for([
  [
    'the environment outside of config.ts',
    'apps/api/src/wrong.ts',
    'export const x = process.env.PATH\n',
    'noProcessEnv',
  ],
  [
    'a floating promise',
    'apps/worker/src/wrong.ts',
    'async function f(): Promise<void> {}\nf()\n',
    'noFloatingPromises',
  ],
  ['a swallowed error', 'apps/worker/src/wrong.ts', 'try {\n  JSON.parse("")\n} catch {}\n', 'noEmptyBlockStatements'],
  ['a type any', 'packages/db/src/wrong.ts', 'export const x = (a: any) => a\n', 'noExplicitAny'],
] as const)('%s is refused', async ([, path, code, reason]) => {
  const result = await withFiles({ [path]: code }, lint(path))
  expect(result.code).toBe(1)
  expect(result.output).toContain(reason)
})

test('an unused export is refused', async () => {
  const files = { 'packages/config/src/wrong.ts': 'export const lonely = 1\n' }
  const result = await withFiles(files, () => run('knip', []))
  expect(result.code).toBe(1)
  expect(result.output).toContain('wrong.ts')
})

test('a type error and imports past the exports of a package are refused', async () => {
  const code = `export const x: number = 'one'
export * from '@goals-tasks/db/src/engine/client.ts'
export * from '@goals-tasks/db/test/support/index.ts'
`
  const result = await withFiles({ 'packages/http/src/wrong.ts': code }, typecheck('packages/http'))
  expect(result.code).toBe(1)
  expect(result.output).toMatch(/wrong\.ts\(1,\d+\): error TS2322/)
  expect(result.output).toMatch(/wrong\.ts\(2,\d+\): error TS2307/)
  expect(result.output).toMatch(/wrong\.ts\(3,\d+\): error TS2307/)
})

test('a stale generated file is refused', async () => {
  writeFileSync(join(copy, '.env.example'), `${readFileSync(join(root, '.env.example'), 'utf8')}\n#STALE=\n`)
  const result = await run('node', ['checks/generated.ts', '--check'])
  expect(result.code).toBe(1)
  expect(result.output).toContain('stale: .env.example')
})
