import { Command } from 'commander'
import { exitCodeHelp } from '../exit-codes.ts'

export const migrateCommand = new Command('migrate')
  .description('Updates the schema of the database in DATABASE_URL. Several processes may run it at the same time.')
  .addHelpText('after', exitCodeHelp('the schema is up to date', 'a migration failed'))
  .option('--after-deploy', 'also removes what processes of the previous release use: none of them may run', false)
  .action(async (options: { afterDeploy: boolean }) => {
    const { runMigrate } = await import('./run.ts')
    await runMigrate(options)
  })
