import { basename } from 'node:path'
import { assertSchema, createDatabase } from '@goals-tasks/db'
import { Listr } from 'listr2'
import type pg from 'pg'
import { exitCodes } from '../exit-codes.ts'
import { reportFailure } from '../failure.ts'
import { loadTokenSecret } from '../token/config.ts'
import { createClient } from './client.ts'
import { commandPrefix, findService, type Service } from './config.ts'
import { type Figures, readFigures } from './figures.ts'
import { type LoadResult, loadGoals } from './load.ts'
import { countFaults, type Outcome, outcomeOf } from './outcome.ts'
import type { Roadmap } from './plan.ts'
import { outcomeText } from './print.ts'
import { progressBar } from './progress-bar.ts'
import { readRoadmap } from './read-file.ts'
import { countWrites } from './steps.ts'
import { waitUntilDelivered } from './wait.ts'

export type DemoOptions = { api?: string; concurrency: number; json?: boolean }

/** Loads a file into the running service and prints the outcome. The exit code is `failure` when a check failed. */
export async function runDemo(file: string, options: DemoOptions): Promise<void> {
  try {
    const outcome = await loadFile(file, options)
    console.log(options.json ? JSON.stringify(outcome) : outcomeText(outcome, commandPrefix()))
    if (countFaults(outcome) > 0) process.exitCode = exitCodes.failure
  } catch (error) {
    reportFailure(error)
  }
}

async function loadFile(file: string, options: DemoOptions): Promise<Outcome> {
  const service = findService(options)
  const secret = loadTokenSecret()
  const roadmap = await readRoadmap(file)
  const { pool, close } = createDatabase({
    url: service.databaseUrl,
    poolSize: 1,
    name: 'goals-tasks demo',
    onError: (error) => console.error(`an idle database connection was lost: ${error.message}`),
  })
  try {
    await checkDatabase(pool)
    return await runSteps({ file, options, service, secret, roadmap, pool })
  } finally {
    await close()
  }
}

/** Checks the database before the first write, because without it the effects cannot be checked. */
const checkDatabase = (pool: pg.Pool) =>
  assertSchema(pool).catch((cause) => {
    const reason = cause.message || cause.code
    throw new Error(`the service's database does not answer (${reason}): is \`start\` running?`, { cause })
  })

type Run = {
  file: string
  options: DemoOptions
  service: Service
  secret: ReturnType<typeof loadTokenSecret>
  roadmap: Roadmap
  pool: pg.Pool
}
type Timed = { loaded: LoadResult; writes: number; seconds: number }

async function runSteps(run: Run): Promise<Outcome> {
  const { file, options, service, roadmap, pool } = run
  const steps = new Listr<{ timed: Timed; figures: Figures }>(
    [
      {
        title: `Load ${basename(file)} into ${service.apiUrl}`,
        async task(context, step) {
          context.timed = await timeLoad(run, (line) => {
            step.output = line
          })
        },
      },
      {
        title: 'Wait until every consumer is done',
        async task({ timed }, step) {
          await waitUntilDelivered(pool, timed.loaded, (left) => {
            step.output = `${left} deliveries left`
          })
        },
      },
      {
        title: 'Check every effect',
        async task(context) {
          context.figures = await readFigures(pool, context.timed.loaded)
        },
      },
    ],
    {
      silentRendererCondition: options.json ?? !process.stdout.isTTY,
      rendererOptions: { showErrorMessage: false },
    },
  )
  const { timed, figures } = await steps.run()
  return outcomeOf(roadmap, { ...timed, figures })
}

/** Loads the goals, draws the progress and measures the load. */
async function timeLoad({ options, service, secret, roadmap }: Run, draw: (line: string) => void): Promise<Timed> {
  const advance = progressBar(countWrites(roadmap.goals), 'writes', draw)
  let writes = 0
  const onWrite = () => {
    writes += 1
    advance()
  }
  const startedAt = performance.now()
  const call = createClient({ apiUrl: service.apiUrl, secret, onWrite })
  const loaded = await loadGoals(call, roadmap.goals, options.concurrency)
  return { loaded, writes, seconds: (performance.now() - startedAt) / 1_000 }
}
