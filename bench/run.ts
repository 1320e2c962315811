import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeConditions } from './conditions.ts'
import { createContext } from './context.ts'
import { type Section, toMarkdown } from './report.ts'
import { cascade } from './scenarios/cascade.ts'
import { create } from './scenarios/create.ts'
import { drain } from './scenarios/drain.ts'
import { latency } from './scenarios/latency.ts'
import { migrate } from './scenarios/migrate.ts'
import { patch } from './scenarios/patch.ts'
import { read } from './scenarios/read.ts'

const scenarios = { create, patch, read, cascade, latency, drain, migrate }

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(scenarios).join(',') },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    save: { type: 'boolean', default: false },
  },
})
const chosen = values.only.split(',').map((name) => {
  if (name in scenarios) return name as keyof typeof scenarios
  throw new Error(`The scenario ${name} does not exist. Choose from ${Object.keys(scenarios).join(', ')}.`)
})

const context = await createContext({
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  rows: Number(values.rows),
})
process.once('SIGINT', () => void context.close().finally(() => process.exit(130)))
try {
  const sections: Section[] = []
  for (const name of chosen) {
    console.error(`measuring ${name}`)
    sections.push(await scenarios[name](context))
  }
  const markdown = toMarkdown(sections, await describeConditions(context))
  console.log(markdown)
  if (values.save) await save(markdown)
} finally {
  await context.close()
}

async function save(markdown: string): Promise<void> {
  const folder = join(import.meta.dirname, 'results')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${new Date().toISOString().slice(0, 10)}.md`), markdown)
}
