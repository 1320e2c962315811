import { Command } from 'commander'
import { exitCodeHelp, noResult } from '../exit-codes.ts'

export const statusCommand = new Command('status')
  .description(
    'Shows the state of every consumer: jobs in its queue, workers, pending deliveries and the age of the oldest, ' +
      'dead letters, the newest event that failed.',
  )
  .option('--json', 'print one JSON document')
  .addHelpText('after', exitCodeHelp('nothing needs a human', 'something needs a human', noResult))
  .action(async ({ json = false }: { json?: boolean }) => {
    const { runStatus } = await import('./run.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, runStatus)
  })
