import { migrate } from '@goals-tasks/db'
import { loadDatabaseUrl } from './config.ts'

export async function runMigrate(): Promise<void> {
  try {
    const applied = await migrate(loadDatabaseUrl())
    console.log(applied.length === 0 ? 'the schema is up to date' : applied.map((name) => `applied ${name}`).join('\n'))
  } catch (error) {
    // The error holds the statement, its cause what Postgres answered.
    console.error(error instanceof Error ? [error.message, error.cause].filter(Boolean).map(String).join('\n') : error)
    process.exitCode = 1
  }
}
