import { Command } from 'commander'
import { exitCodeHelp, noResult } from '../exit-codes.ts'
import { integerBetween } from '../parse-integer.ts'
import { parseUuid } from '../parse-uuid.ts'
import type { ActionsOptions } from './run.ts'

const maxListed = 1_000

export const actionsCommand = new Command('actions')
  .description(
    'Lists what operators did, by the command line and by the API: who, when and why. The newest comes first.',
  )
  .option('--subject <name>', 'only those about this consumer, webhook or user')
  .option('--limit <number>', `at most so many, 1 to ${maxListed}`, integerBetween(1, maxListed), 20)
  .option('--after <id>', 'continue after this action', parseUuid)
  .option('--json', 'print one JSON document')
  .addHelpText('after', exitCodeHelp('the list is printed', 'not used', noResult))
  .action(async ({ json = false, ...options }: ActionsOptions & { json?: boolean }) => {
    const { runActions } = await import('./run.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, (open) => runActions(open, options))
  })
