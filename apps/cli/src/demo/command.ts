import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { exitCodeHelp } from '../exit-codes.ts'
import { integerBetween } from '../parse-integer.ts'
import type { DemoOptions } from './run.ts'

const sample = fileURLToPath(new URL('sample.jsonl', import.meta.url))

export const demoCommand = new Command('demo')
  .description(
    'Loads goals and tasks through the API of a running service, waits for every effect, and checks all effects. ' +
      'It does not change what an earlier run loaded.',
  )
  .argument('[file]', 'JSON Lines, one goal with its tasks each (default: a product launch)', sample)
  .option('--api <url>', 'the API; needs its DATABASE_URL as well (default: the one that `start` runs)')
  .option('--concurrency <number>', 'concurrent requests, 1 to 500', integerBetween(1, 500), 16)
  .option('--json', 'print only the outcome, as JSON')
  .addHelpText('after', exitCodeHelp('every effect is there', 'the load or a check failed'))
  .action(async (file: string, options: DemoOptions) => {
    const { runDemo } = await import('./run.ts')
    await runDemo(file, options)
  })
