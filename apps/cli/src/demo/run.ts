import { basename } from 'node:path'
import { assertSchema, createDatabase } from '@goals-tasks/db'
import { Listr } from 'listr2'
import { loadTokenSecret } from '../token/config.ts'
import { createClient } from './client.ts'
import { commandPrefix, findService } from './config.ts'
import { type Loaded, loadGoals } from './load.ts'
import { countFaults, outcomeOf } from './outcome.ts'
import { outcomeText } from './print.ts'
import { progressBar } from './progress-bar.ts'
import { readRoadmap } from './read-file.ts'
import { type Figures, readFigures, untilDelivered } from './report.ts'
import { countWrites } from './steps.ts'

export type DemoOptions = { api?: string; concurrency: number; json?: boolean }

/** Loads the file into the running service and prints the outcome. The exit code is 1 when a check failed. */
export async function runDemo(file: string, options: DemoOptions): Promise<void> {
  const outcome = await load(file, options)
  console.log(options.json ? JSON.stringify(outcome) : outcomeText(outcome, commandPrefix()))
  if (countFaults(outcome) > 0) process.exitCode = 1
}

async function load(file: string, options: DemoOptions) {
  const service = findService(options)
  const secret = loadTokenSecret()
  const roadmap = await readRoadmap(file)
  const { pool, close } = createDatabase({
    url: service.databaseUrl,
    poolSize: 1,
    name: 'goals-tasks demo',
    onError: (error) => console.error(`an idle database connection was lost: ${error.message}`),
  })
  // Before anything is written: without it nobody could tell what became of it.
  await assertSchema(pool).catch((cause) => {
    throw new Error(`the service's database does not answer (${cause.message || cause.code}): is \`start\` running?`, {
      cause,
    })
  })

  const counted = { writes: 0, seconds: 0 }
  const steps = new Listr<{ loaded: Loaded; figures: Figures }>(
    [
      {
        title: `Load ${basename(file)} into ${service.apiUrl}`,
        async task(context, step) {
          const draw = progressBar(countWrites(roadmap.goals), 'writes', (line) => {
            step.output = line
          })
          const onWrite = () => {
            counted.writes += 1
            draw()
          }
          const startedAt = performance.now()
          const call = createClient({ apiUrl: service.apiUrl, secret, onWrite })
          context.loaded = await loadGoals(call, roadmap.goals, options.concurrency)
          counted.seconds = (performance.now() - startedAt) / 1_000
        },
      },
      {
        title: 'Wait until every consumer is done',
        async task({ loaded }, step) {
          await untilDelivered(pool, loaded, (left) => {
            step.output = `${left} deliveries left`
          })
        },
      },
      {
        title: 'Check every effect',
        async task(context) {
          context.figures = await readFigures(pool, context.loaded)
        },
      },
    ],
    {
      silentRendererCondition: options.json ?? !process.stdout.isTTY,
      rendererOptions: { showErrorMessage: false },
    },
  )
  const { loaded, figures } = await steps.run()
  await close()
  return outcomeOf(roadmap, loaded, figures, counted)
}
