import { migrate } from '@goals-tasks/db'
import { reportFailure } from '../failure.ts'
import { loadDatabaseUrl } from './config.ts'

/**
 * Applies the missing migrations and prints their names. Prints a line on standard error while it waits for another
 * migration. Reports a failure with its exit code.
 */
export async function runMigrate(): Promise<void> {
  try {
    const applied = await migrate(loadDatabaseUrl(), { onWait: (message) => console.error(message) })
    console.log(applied.length === 0 ? 'the schema is up to date' : applied.map((name) => `applied ${name}`).join('\n'))
  } catch (error) {
    reportFailure(error)
  }
}
