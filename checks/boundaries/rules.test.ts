import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkBoundaries } from './check.ts'
import { rules } from './rules.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'goals-tasks-rules-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Checks a tree of one file. */
function check(path: string, code: string, least = { modules: 1, imports: 0 }): string[] {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), code)
  return checkBoundaries(root, least).problems
}

const api = 'apps/api/src'
const broken = [
  ['features', `${api}/features/goals/list.ts`, "import { change } from '../tasks/change.ts'"],
  ['features', `${api}/features/goals/plan/list.ts`, "export type { Task } from '../../tasks/schemas.ts'"],
  ['resource/', `${api}/resource/lists/keyset.ts`, "import type { Goal } from '../../features/goals/read.ts'"],
  ['only routes.ts, resource/http', `${api}/features/goals/create.ts`, "import type { FastifyRequest } from 'fastify'"],
  ['only routes.ts, resource/http', `${api}/resource/history.ts`, "import cookie from '@fastify/cookie'"],
  ['routes.ts holds no SQL', `${api}/features/goals/routes.ts`, "import { sql } from 'drizzle-orm'"],
  ['routes.ts holds no SQL', `${api}/features/goals/routes.ts`, "import { goals } from '@goals-tasks/db'"],
  ['only the runtime of the worker', 'apps/worker/src/consumers/sync.ts', "import { Job } from 'bullmq'"],
  ['only the runtime of the worker', 'packages/db/src/engine/client.ts', "const queue = await import('bullmq')"],
  ['packages/events', 'packages/events/src/envelope.ts', "import { goals } from '@goals-tasks/db'"],
  ['packages/events', 'packages/events/src/queues.ts', "import type { FastifyReply } from 'fastify'"],
  [
    'a program imports no test support',
    'apps/cli/src/main.ts',
    "import { until } from '@goals-tasks/devstack/testing'",
  ],
  ['a program imports no test support', 'packages/db/src/index.ts', "export * from '../test/support/index.ts'"],
  ['a type imports its module', 'packages/config/src/load.ts', "export type Uuid = import('./uuid.ts').Uuid"],
] as const

test.for(broken)('%s…: %s with %s is refused, with the reason', ([rule, path, code]) => {
  const [problem, ...others] = check(path, `// The first line.\n${code}\n`)
  const { name, reason } = rules.find((each) => each.name.startsWith(rule)) ?? expect.fail(`no rule "${rule}"`)
  expect(problem).toMatch(new RegExp(`^${path}:2: imports `))
  expect(problem).toContain(`${name}, because ${reason}`)
  expect(others).toEqual([])
})

test('each rule is broken once', () => {
  const names = rules.filter(({ name }) => !broken.some(([rule]) => name.startsWith(rule))).map(({ name }) => name)
  expect(names).toEqual([])
})

test.for([
  [`${api}/features/tasks/list.ts`, "import { loadGoal } from '../goals/read.ts'"],
  [`${api}/features/tasks/change.ts`, "import { goalTransitions } from '../goals/states.ts'"],
  [`${api}/features/tasks/change.ts`, "import { decide } from './rules.ts'"],
  [`${api}/features/tasks/routes.ts`, "import type { FastifyInstance } from 'fastify'"],
  [`${api}/resource/http/reply.ts`, "import type { FastifyReply } from 'fastify'"],
  ['apps/worker/src/runtime/processing/run-consumer.ts', "import { Worker } from 'bullmq'"],
  ['apps/cli/test/status.test.ts', "import { Queue } from 'bullmq'"],
  ['packages/db/src/engine/lookup.test.ts', "import { freshDatabase } from '@goals-tasks/devstack/testing'"],
] as const)('%s with %s passes', ([path, code]) => {
  expect(check(path, `${code}\n`)).toEqual([])
})

test('a test file over 250 lines is refused', () => {
  expect(check('packages/db/test/short.test.ts', 'f()\n'.repeat(250))).toEqual([])
  expect(check('packages/db/test/long.test.ts', 'f()\n'.repeat(251))).toEqual([
    'packages/db/test/long.test.ts:251: split the file: 251 lines, at most 250 in a test',
  ])
})

test('a check that finds too few modules or imports fails', () => {
  const code = "import 'node:fs'\n"
  expect(() => check('apps/api/src/main.ts', code, { modules: 2, imports: 1 })).toThrow('only 1 modules with 1 imports')
  expect(() => check('apps/api/src/main.ts', code, { modules: 1, imports: 2 })).toThrow('only 1 modules with 1 imports')
})
