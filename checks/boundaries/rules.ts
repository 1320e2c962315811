import { matchesGlob } from 'node:path'
import type { Import } from './modules.ts'

/** A wall of the house. docs/architecture.md draws it. */
export type Rule = { name: string; reason: string; refuses: (imported: Import) => boolean }

const isIn = (path: string, ...globs: string[]): boolean => globs.some((glob) => matchesGlob(path, glob))
const isPackage = (to: string, ...names: string[]): boolean =>
  names.some((name) => to === name || to.startsWith(`${name}/`))
const featureOf = (path: string): string | undefined => /^apps\/api\/src\/features\/([^/]+)\//.exec(path)?.[1]

const isFastify = (to: string): boolean => isPackage(to, 'fastify', '@fastify', '@scalar')
const isDatabase = (to: string): boolean => isPackage(to, '@goals-tasks/db', 'drizzle-orm', 'pg')
const isProgram = (from: string): boolean =>
  isIn(from, 'apps/*/src/**', 'packages/*/src/**') &&
  !isIn(from, '**/*.test.ts', '**/testing/**', 'packages/devstack/**')

/** The files of the API that speak HTTP. */
const httpFiles = ['features/*/routes.ts', 'resource/http/**', 'app.ts', 'openapi/*.ts'].map(
  (path) => `apps/api/src/${path}`,
)

export const rules: Rule[] = [
  {
    name: 'features import each other only through read.ts and states.ts',
    reason: 'a feature can then change its writes and its rules without a look at the other features',
    refuses: ({ from, to }) => {
      const [own, other] = [featureOf(from), featureOf(to)]
      return own !== undefined && other !== undefined && own !== other && !/\/(read|states)\.ts$/.test(to)
    },
  },
  {
    name: 'resource/ imports no feature',
    reason: 'every feature stands on resource/, so an import back would be a circle',
    refuses: ({ from, to }) => isIn(from, 'apps/api/src/resource/**') && featureOf(to) !== undefined,
  },
  {
    name: 'only routes.ts, resource/http, app.ts and openapi/ import Fastify',
    reason: 'a service takes plain arguments, so that other entrances and tests can call it',
    refuses: ({ from, to }) => isIn(from, 'apps/api/src/**') && isFastify(to) && !isIn(from, ...httpFiles),
  },
  {
    name: 'routes.ts holds no SQL',
    reason: 'queries live in the service, which other entrances share',
    refuses: ({ from, to }) => isIn(from, 'apps/api/src/**/routes.ts') && isDatabase(to),
  },
  {
    name: 'only the runtime of the worker, ops, packages/operations and packages/events import BullMQ',
    reason: 'a consumer returns its result as a value, so that the queue can change without it',
    refuses: ({ from, to }) =>
      isPackage(to, 'bullmq') &&
      isIn(from, '{apps,packages}/*/src/**') &&
      !isIn(from, 'apps/worker/src/runtime/**', 'apps/ops/**', 'packages/operations/**', 'packages/events/**'),
  },
  {
    name: 'packages/events imports neither the database nor HTTP',
    reason: 'every process depends on the events, and packages/db depends on them, not the other way round',
    refuses: ({ from, to }) => isIn(from, 'packages/events/src/**') && (isDatabase(to) || isFastify(to)),
  },
  {
    name: 'a program imports no test support',
    reason: 'test support may start servers and break rules, and is not there in production',
    refuses: ({ from, to }) =>
      isProgram(from) && (isPackage(to, '@goals-tasks/devstack') || /\/testing(\/|$)|(^|\/)test\//.test(to)),
  },
  {
    name: 'a type imports its module with a statement',
    reason: 'the linter looks for circular imports in statements, and does not see an import() in a type',
    refuses: ({ inType }) => inType,
  },
]
