import { Command } from 'commander'
import { type CauseOptions, causeOf, withCause } from '../cause.ts'
import { exitCodeHelp, noResult } from '../exit-codes.ts'

export const restoredCommand = withCause(new Command('restored'), { isReasonRequired: false })
  .description(
    'Call it after a restore of Postgres or Redis, before the processes start: the first of them then voids the ' +
      'cache and begins a new epoch of the feed.',
  )
  .option('--json', 'print one JSON document')
  .addHelpText('after', exitCodeHelp('the processes will notice', 'Postgres hides what they compare', noResult))
  .action(async ({ json = false, ...cause }: CauseOptions & { json?: boolean }) => {
    const { runRestored } = await import('./run.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, (open) => runRestored(open, causeOf(cause)), 'service')
  })
