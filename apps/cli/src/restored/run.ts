import { forgetCluster, type OperatorCause } from '@goals-tasks/db'
import type { OpenInstallation } from '../installation/open.ts'
import type { CommandResult } from '../installation/run.ts'

/** Lets the processes treat Postgres as another cluster. The exit code is 1 when they would not notice. */
export async function runRestored(
  { pool }: Pick<OpenInstallation, 'pool'>,
  cause: OperatorCause,
): Promise<CommandResult> {
  const willNotice = await forgetCluster(pool, cause)
  return { text: willNotice ? noticed : hidden, document: { willNotice }, exitCode: willNotice ? 0 : 1 }
}

const noticed = 'The next process that connects voids the cache and begins a new epoch of the feed.'
const hidden =
  'Postgres does not show its timeline, so no process notices the restore. ' +
  'Empty the Redis of the cache, and run `select raise_epoch()` as the owner of the tables.'
