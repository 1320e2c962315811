import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assertSchema, createDatabase } from '@goals-tasks/db'
import { Command, InvalidArgumentError } from 'commander'
import { Listr } from 'listr2'
import { loadTokenSecret } from '../config.ts'
import { createClient } from './client.ts'
import { commandPrefix, findService } from './config.ts'
import { type Loaded, loadGoals } from './load.ts'
import { countFaults, outcomeOf } from './outcome.ts'
import { outcomeText } from './print.ts'
import { progressBar } from './progress-bar.ts'
import { readRoadmap } from './read-file.ts'
import { type Figures, readFigures, untilDelivered } from './report.ts'
import { countWrites } from './steps.ts'

const sample = fileURLToPath(new URL('sample.jsonl', import.meta.url))

const command = new Command('demo')
  .description(
    'Loads goals and tasks through the API of a running service, waits for every effect, and checks them all. What an earlier run has loaded is left as it is.',
  )
  .argument('[file]', 'JSON Lines, one goal with its tasks each (a product launch unless given)', sample)
  .option('--api <url>', 'the API; its DATABASE_URL is needed, too (what `start` runs unless given)')
  .option('--concurrency <number>', 'requests that are made at once', parseConcurrency, 16)
  .option('--json', 'print nothing but the outcome, as JSON')
  .parse()
const options = command.opts<{ api?: string; concurrency: number; json?: boolean }>()
const [file = sample] = command.processedArgs as string[]

try {
  const outcome = await run()
  console.log(options.json ? JSON.stringify(outcome) : outcomeText(outcome, commandPrefix()))
  if (countFaults(outcome) > 0) process.exitCode = 1
} catch (error) {
  command.error(error instanceof Error ? error.message : String(error))
}

async function run() {
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

  const load = { writes: 0, seconds: 0 }
  const steps = new Listr<{ loaded: Loaded; figures: Figures }>(
    [
      {
        title: `Load ${basename(file)} into ${service.apiUrl}`,
        async task(context, step) {
          const draw = progressBar(countWrites(roadmap.goals), 'writes', (line) => {
            step.output = line
          })
          const onWrite = () => {
            load.writes += 1
            draw()
          }
          const startedAt = performance.now()
          const call = createClient({ apiUrl: service.apiUrl, secret, onWrite })
          context.loaded = await loadGoals(call, roadmap.goals, options.concurrency)
          load.seconds = (performance.now() - startedAt) / 1_000
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
  return outcomeOf(roadmap, loaded, figures, load)
}

function parseConcurrency(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 500) throw new InvalidArgumentError('It is 1 to 500.')
  return number
}
