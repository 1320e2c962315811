import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeConditions } from './conditions.ts'
import { type Context, createContext } from './context.ts'
import { profileDrain } from './profiles/drain.ts'
import { profileReads } from './profiles/reads.ts'
import { profileWrites } from './profiles/writes.ts'
import { type Section, toMarkdown } from './report.ts'
import { cascade } from './scenarios/cascade.ts'
import { change } from './scenarios/change.ts'
import { create } from './scenarios/create.ts'
import { drain } from './scenarios/drain.ts'
import { feed } from './scenarios/feed.ts'
import { hostile } from './scenarios/hostile.ts'
import { latency } from './scenarios/latency.ts'
import { migrate } from './scenarios/migrate.ts'
import { neighbours } from './scenarios/neighbours.ts'
import { overload } from './scenarios/overload.ts'
import { processes } from './scenarios/processes.ts'
import { read } from './scenarios/read.ts'
import { resources } from './scenarios/resources.ts'
import { standstill } from './scenarios/standstill.ts'
import { start } from './scenarios/start.ts'
import { storage } from './scenarios/storage.ts'
import { tracing } from './scenarios/tracing.ts'
import { wal } from './scenarios/wal.ts'

/** The scenarios in the order in which they run. */
const scenarios = {
  storage,
  wal,
  create,
  change,
  read,
  cascade,
  neighbours,
  overload,
  hostile,
  tracing,
  latency,
  feed,
  drain,
  processes,
  standstill,
  migrate,
  start,
  resources,
}
type Name = keyof typeof scenarios

/** The parts that `--profile` adds, and the scenarios to which they belong. */
const profiles: { name: string; of: readonly Name[]; profile: (context: Context) => Promise<string> }[] = [
  // Before the writes: those change the same rows, and a changed task is no longer read as for the first time.
  { name: 'reads', of: ['read'], profile: profileReads },
  { name: 'writes', of: ['create', 'change', 'wal'], profile: profileWrites },
  { name: 'drain', of: ['drain'], profile: profileDrain },
]

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(scenarios).join(',') },
    rows: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '1' },
    profile: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
  },
})
const wanted = values.only.split(',').filter((name) => name !== '')
for (const name of wanted)
  if (!Object.hasOwn(scenarios, name))
    throw new Error(`The scenario ${name} does not exist. Choose from ${Object.keys(scenarios).join(', ')}.`)
const chosen = (Object.keys(scenarios) as Name[]).filter((name) => wanted.includes(name))

const context = await createContext({
  ...{ seconds: Number(values.seconds), rounds: Number(values.rounds) },
  ...{ rows: Number(values.rows), minutes: Number(values.minutes) },
})
console.error(`inserted ${values.rows} tasks in ${Math.round(performance.now() / 1_000)} s`)
process.once('SIGINT', () => void context.close().finally(() => process.exit(130)))
try {
  const sections: Section[] = []
  for (const name of chosen) await unlessItFails(name, async () => sections.push(await scenarios[name](context)))
  const results = [{ name: '', markdown: toMarkdown(sections, await describeConditions(context)) }]
  console.log(results[0]?.markdown)
  for (const { name, of, profile } of values.profile ? profiles : []) {
    if (!of.some((scenario) => chosen.includes(scenario))) continue
    await unlessItFails(`the profile of ${name}`, async () => {
      const markdown = await profile(context)
      results.push({ name: `-${name}`, markdown })
      console.log(markdown)
    })
  }
  if (values.save) await save(results)
} finally {
  await context.close()
}
// A scenario that failed may have left connections open. They would keep this process for ever.
if (process.exitCode) process.exit()

/** Runs one part. When it fails, the run goes on and fails at its end: the parts before it took minutes. */
async function unlessItFails(name: string, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now()
  const seconds = () => Math.round((performance.now() - startedAt) / 1_000)
  try {
    await work()
    console.error(`measured ${name} in ${seconds()} s`)
  } catch (error) {
    process.exitCode = 1
    console.error(`${name} failed after ${seconds()} s`, error)
  }
}

/** Writes the results of this run under the date and the first free number. */
async function save(results: readonly { name: string; markdown: string }[]): Promise<void> {
  const folder = join(import.meta.dirname, 'results')
  await mkdir(folder, { recursive: true })
  const date = new Date().toISOString().slice(0, 10)
  let run = date
  for (let number = 2; existsSync(join(folder, `${run}.md`)); number++) run = `${date}-${number}`
  for (const { name, markdown } of results) await writeFile(join(folder, `${run}${name}.md`), markdown)
}
