import { migrate } from '@goals-tasks/db'
import { reportFailure } from '../failure.ts'
import { loadDatabaseUrl } from './config.ts'

/** Applies the missing migrations and prints their names. Reports a failure with its exit code. */
export async function runMigrate(): Promise<void> {
  try {
    const applied = await migrate(loadDatabaseUrl())
    console.log(applied.length === 0 ? 'the schema is up to date' : applied.map((name) => `applied ${name}`).join('\n'))
  } catch (error) {
    reportFailure(error)
    // The error of a migration contains its statement. The cause is the error of Postgres.
    if (error instanceof Error && error.cause) console.error(String(error.cause))
  }
}
