import { Command } from 'commander'
import { type CauseOptions, withCause } from '../cause.ts'
import { exitCodeHelp, noResult } from '../exit-codes.ts'
import { parseUser } from './parse-user.ts'

type EraseOptions = CauseOptions & { dryRun?: boolean; yes?: boolean; json?: boolean }

const exportCommand = withCause(new Command('export'), { isReasonRequired: true })
  .description(
    'Prints everything that is stored about a user as JSON Lines: one row per line, with its type. The last line has ' +
      'the type end. Secrets and hashes are left out.',
  )
  .argument('<id>', 'the id of the user', parseUser)
  .addHelpText('after', exitCodeHelp('the rows are printed', 'nothing is stored about the user', noResult))
  .action(async (user: string, options: CauseOptions) => {
    const { runExport } = await import('./export.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(true, (open) => runExport(open, user, options), 'service')
  })

const eraseCommand = withCause(new Command('erase'), { isReasonRequired: true })
  .description(
    'Deletes the goals, tasks, notifications, keys and settings of a user, and takes their id and texts out of what ' +
      'stays. Ctrl-C stops between two batches; the same command continues.',
  )
  .argument('<id>', 'the id of the user', parseUser)
  .option('--dry-run', 'only count the rows')
  .option('--yes', 'really erase the user; without it the rows are only counted')
  .option('--json', 'print one JSON document')
  .addHelpText(
    'after',
    exitCodeHelp(
      'the user is erased',
      'stopped, rows are left, the cache was not voided, or --yes is missing',
      noResult,
    ),
  )
  .action(async (user: string, { json = false, ...options }: EraseOptions) => {
    const { runErase } = await import('./erase.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, (open) => runErase(open, user, options), 'service')
  })

export const userCommand = new Command('user')
  .description('Exports or erases everything that is stored about one user.')
  .addHelpText('after', exitCodeHelp('success', 'failure, or a negative answer: see the help of the command', noResult))
for (const command of [exportCommand, eraseCommand]) userCommand.addCommand(command)
