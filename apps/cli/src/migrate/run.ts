import { migrate } from '@goals-tasks/db'
import { reportFailure } from '../failure.ts'
import { loadDatabaseUrl } from './config.ts'

/**
 * Applies the missing migrations and prints their names. Prints a line on standard error while it waits. Without
 * `afterDeploy` it postpones the migrations that would break processes of the previous release, and names them.
 * Reports a failure with its exit code.
 */
export async function runMigrate({ afterDeploy }: { afterDeploy: boolean }): Promise<void> {
  try {
    const { applied, postponed } = await migrate(loadDatabaseUrl(), {
      onWait: (message) => console.error(message),
      duringDeploy: !afterDeploy,
    })
    const done = applied.length === 0 ? ['the schema is up to date'] : applied.map((name) => `applied ${name}`)
    console.log([...done, ...postponed.map(describePostponed)].join('\n'))
  } catch (error) {
    reportFailure(error)
  }
}

const describePostponed = (name: string) =>
  `postponed ${name}: when no process of the previous release runs, run \`npm run migrate -- --after-deploy\``
