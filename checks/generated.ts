/** Writes the files that derive from the code: `npm run generate`. With --check it lists the stale ones, and fails. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describeVariables } from '@goals-tasks/config'
import { readVersion } from '@goals-tasks/config/version'
import { createLogger, createRegistry } from '@goals-tasks/observability'
import { buildApp } from '../apps/api/src/app.ts'
import { variables as apiVariables } from '../apps/api/src/config.ts'
import type { Deps } from '../apps/api/src/deps.ts'
import { eventDocument } from '../apps/api/src/openapi/event-document.ts'
import { opsVariables } from '../apps/ops/src/config.ts'
import { workerVariables } from '../apps/worker/src/config.ts'
import { prometheusRule } from './prometheus-rule.ts'
import { scalingPlot } from './scaling-plot.ts'
import { statesPage } from './states-page.ts'

const check = process.argv.includes('--check')
const processes = { api: apiVariables, worker: workerVariables, ops: opsVariables }

type Variable = { name: string; default: string; description: string; processes: string[] }

function allVariables(): Variable[] {
  const all = new Map<string, Variable>()
  for (const [name, schema] of Object.entries(processes)) {
    for (const variable of describeVariables(schema)) {
      const known = all.get(variable.name) ?? { ...variable, processes: [] }
      known.processes.push(name)
      all.set(variable.name, known)
    }
  }
  return [...all.values()]
}

const configurationTable = () =>
  ['| variable | default | read by | |', '|---|---|---|---|', ...allVariables().map(row)].join('\n')

function row({ name, default: value, processes: readers, description }: Variable): string {
  const readBy = readers.length === Object.keys(processes).length ? 'all' : readers.join(', ')
  return `| \`${name}\` | ${value && `\`${value}\``} | ${readBy} | ${description} |`
}

const exampleHeader = `\
# Every variable that there is; the values shown are the defaults. \
A secret may come from a file: X_FILE instead of X.`

const exampleEnvironment = () =>
  [exampleHeader, ...allVariables().map((v) => `\n# ${v.description}\n#${v.name}=${v.default}`), ''].join('\n')

async function openapi(): Promise<string> {
  // No route is called, so the routes need no dependencies.
  const app = await buildApp({} as Deps, {
    log: createLogger('openapi', 'silent'),
    registry: createRegistry(),
    verify: () => Promise.reject(new Error('not called')),
    corsOrigins: [],
    trustProxy: [],
  })
  await app.ready()
  return `${JSON.stringify(app.swagger(), null, 2)}\n`
}

function between(path: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark}: generated -->`, `<!-- /${mark} -->`]
  const page = readFileSync(path, 'utf8')
  const [before, after] = [page.split(begin)[0], page.split(end)[1]]
  if (before === undefined || after === undefined) throw new Error(`${path} lacks the marks of ${mark}`)
  return `${before}${begin}\n${text}\n${end}${after}`
}

const files: Record<string, string> = {
  'apps/api/openapi.json': await openapi(),
  'apps/api/asyncapi.json': `${JSON.stringify(eventDocument(readVersion()), null, 2)}\n`,
  '.env.example': exampleEnvironment(),
  'docs/states.md': statesPage(),
  'docs/images/scaling.svg': scalingPlot(),
  'deploy/kubernetes/components/monitoring/alerts.yaml': prometheusRule(),
  'README.md': between('README.md', 'configuration', configurationTable()),
}
const current = (path: string) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
const stale = Object.entries(files).filter(([path, text]) => current(path) !== text)
if (check && stale.length > 0) {
  console.error(`stale: ${stale.map(([path]) => path).join(', ')}; run \`npm run generate\``)
  process.exitCode = 1
} else {
  for (const [path, text] of stale) writeFileSync(path, text)
  console.log(
    stale.length === 0 ? 'everything generated is up to date' : `wrote ${stale.map(([path]) => path).join(', ')}`,
  )
}
