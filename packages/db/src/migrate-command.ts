import { loadDatabaseUrl } from './config.ts'
import { migrate } from './migrations.ts'

try {
  const applied = await migrate(loadDatabaseUrl())
  console.log(applied.length === 0 ? 'the schema is up to date' : applied.map((name) => `applied ${name}`).join('\n'))
} catch (error) {
  // The statement stands in the error, and what Postgres said to it in its cause.
  console.error(error instanceof Error ? [error.message, error.cause].filter(Boolean).map(String).join('\n') : error)
  process.exitCode = 1
}
