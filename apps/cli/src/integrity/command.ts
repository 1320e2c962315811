import { Command } from 'commander'
import { exitCodeHelp, noResult } from '../exit-codes.ts'

export const integrityCommand = new Command('integrity')
  .description(
    'Compares goals and tasks with their events, audit rows, deliveries, dead letters and cached entries, while the ' +
      'installation runs. It only reads, 500 rows per transaction.',
  )
  .option('--json', 'print one JSON document')
  .addHelpText('after', exitCodeHelp('everything fits together', 'something does not', noResult))
  .action(async ({ json = false }: { json?: boolean }) => {
    const { runIntegrityCheck } = await import('./run.ts')
    const { runOnInstallation } = await import('../installation/run.ts')
    await runOnInstallation(json, runIntegrityCheck)
  })
