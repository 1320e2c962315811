import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDatabase } from '@goals-tasks/db'
import { Command, InvalidArgumentError } from 'commander'
import { Listr } from 'listr2'
import { loadTokenSecret } from '../config.ts'
import { createClient } from './client.ts'
import { findService } from './config.ts'
import { countWrites, type Loaded, loadGoals } from './load.ts'
import { countFaults, outcomeOf, outcomeText } from './print.ts'
import { progressBar } from './progress-bar.ts'
import { readRoadmap } from './read-file.ts'
import { beginRun, type Figures, readFigures, untilDelivered } from './report.ts'

const sample = fileURLToPath(new URL('sample.jsonl', import.meta.url))

const command = new Command('demo')
  .description(
    'Loads goals and tasks through the API of a running service, waits for every effect, and checks them all.',
  )
  .option('--file <path>', 'JSON Lines, one goal with its tasks each (a small sample unless given)', sample)
  .option('--api <url>', 'the API; its DATABASE_URL is needed, too (what `start` runs unless given)')
  .option('--concurrency <number>', 'goals that are loaded at once', parseConcurrency, 16)
  .option('--json', 'print nothing but the outcome, as JSON')
  .addHelpText('after', '\nEach run creates its goals anew: running it twice gives everything twice.')
  .parse()
const options = command.opts<{ file: string; api?: string; concurrency: number; json?: boolean }>()

try {
  const outcome = await run()
  console.log(options.json ? JSON.stringify(outcome) : outcomeText(outcome))
  if (countFaults(outcome) > 0) process.exitCode = 1
} catch (error) {
  command.error(error instanceof Error ? error.message : String(error))
}

async function run() {
  const service = findService(options)
  const send = createClient(service.apiUrl, loadTokenSecret())
  const { pool, close } = createDatabase({
    url: service.databaseUrl,
    poolSize: 1,
    name: 'goals-tasks demo',
    onError: (error) => console.error(`an idle database connection was lost: ${error.message}`),
  })
  const roadmap = await readRoadmap(options.file)
  const since = await beginRun(pool)

  const steps = new Listr<{ loaded: Loaded; figures: Figures }>(
    [
      {
        title: `Load ${basename(options.file)} into ${service.apiUrl}`,
        async task(context, step) {
          const onWrite = progressBar(countWrites(roadmap.goals), 'writes', (line) => {
            step.output = line
          })
          context.loaded = await loadGoals(send, roadmap.goals, { concurrency: options.concurrency, onWrite })
        },
      },
      {
        title: 'Wait until every consumer is done',
        async task({ loaded }, step) {
          await untilDelivered(pool, { since, ...loaded }, (left) => {
            step.output = `${left} deliveries left`
          })
        },
      },
      {
        title: 'Check every effect',
        async task(context) {
          context.figures = await readFigures(pool, { since, ...context.loaded })
        },
      },
    ],
    { silentRendererCondition: options.json ?? false, rendererOptions: { showErrorMessage: false } },
  )
  const { loaded, figures } = await steps.run()
  await close()
  return outcomeOf(roadmap, loaded, figures)
}

function parseConcurrency(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 500) throw new InvalidArgumentError('It is 1 to 500.')
  return number
}
