import { Command, Option } from 'commander'
import { exitCodeHelp } from '../exit-codes.ts'
import type { MigrateFlags } from './run.ts'

export const migrateCommand = new Command('migrate')
  .description('Updates the schema of the database in DATABASE_URL. Several processes may run it at the same time.')
  .addHelpText('after', exitCodeHelp('the schema is up to date', 'a migration failed'))
  .option('--after-deploy', 'also removes what processes of the previous release use: none of them may run', false)
  .addOption(
    new Option('--wait', 'applies nothing and waits, for ten minutes at most, until another process has applied all')
      .conflicts('afterDeploy')
      .default(false),
  )
  .action(async (options: MigrateFlags) => {
    const { runMigrate } = await import('./run.ts')
    await runMigrate(options)
  })
