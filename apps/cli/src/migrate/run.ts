import { migrate, waitForSchema } from '@goals-tasks/db'
import { reportFailure } from '../failure.ts'
import { loadDatabaseUrl } from './config.ts'

export type MigrateFlags = { afterDeploy: boolean; wait: boolean }

const onWait = (message: string) => console.error(message)

/**
 * Applies the missing migrations and prints their names. Prints a line on standard error while it waits. Without
 * `afterDeploy` it postpones the migrations that would break processes of the previous release, and names them. With
 * `wait` it applies nothing and waits for the process that does. Reports a failure with its exit code.
 */
export async function runMigrate({ afterDeploy, wait }: MigrateFlags): Promise<void> {
  try {
    if (wait) {
      await waitForSchema(loadDatabaseUrl(), { onWait })
      console.log('the schema is up to date')
      return
    }
    const { applied, postponed } = await migrate(loadDatabaseUrl(), {
      onWait,
      duringDeploy: !afterDeploy,
    })
    const done = applied.length === 0 ? ['the schema is up to date'] : applied.map((name) => `applied ${name}`)
    console.log([...done, ...postponed.map(describePostponed)].join('\n'))
  } catch (error) {
    reportFailure(error)
  }
}

const describePostponed = (name: string) =>
  `postponed ${name}: when no process of the previous release runs, run \`goals-tasks migrate --after-deploy\` ` +
  '(`npm run migrate -- --after-deploy` from the sources)'
