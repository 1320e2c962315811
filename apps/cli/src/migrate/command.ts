import { Command } from 'commander'

export const migrateCommand = new Command('migrate')
  .description('Brings the schema of the database in DATABASE_URL up to date. Any number may run at once.')
  .action(async () => {
    const { runMigrate } = await import('./run.ts')
    await runMigrate()
  })
