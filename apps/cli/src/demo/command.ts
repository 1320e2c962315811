import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { messageOf } from '../message-of.ts'
import type { DemoOptions } from './run.ts'

const sample = fileURLToPath(new URL('sample.jsonl', import.meta.url))

export const demoCommand = new Command('demo')
  .description(
    'Loads goals and tasks through the API of a running service, waits for every effect, and checks them all. Leaves alone what an earlier run loaded.',
  )
  .argument('[file]', 'JSON Lines, one goal with its tasks each (default: a product launch)', sample)
  .option('--api <url>', 'the API; needs its DATABASE_URL, too (default: the one that `start` runs)')
  .option('--concurrency <number>', 'requests at once, 1 to 500', parseConcurrency, 16)
  .option('--json', 'print nothing but the outcome, as JSON')
  .action(async (file: string, options: DemoOptions, command: Command) => {
    const { runDemo } = await import('./run.ts')
    await runDemo(file, options).catch((error) => command.error(messageOf(error)))
  })

function parseConcurrency(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > 500) throw new InvalidArgumentError('It is 1 to 500.')
  return number
}
