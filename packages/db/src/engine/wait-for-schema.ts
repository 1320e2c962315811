import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@goals-tasks/config/message-of'
import { createMigrationClient } from './migration-client.ts'
import type { LockOptions } from './migration-lock.ts'
import { assertSchema } from './migrations.ts'

const retryEveryMs = 1_000

/**
 * Waits until another process has applied every migration that this release needs. A server that does not answer yet
 * is waited for as well. `onWait` gets each reason to wait once.
 * @throws Error with the last reason when `waitMs` (ten minutes by default) have passed
 */
export async function waitForSchema(
  databaseUrl: string,
  { onWait = () => undefined, waitMs = 600_000 }: LockOptions = {},
): Promise<void> {
  const deadline = performance.now() + waitMs
  const reported = new Set<string>()
  for (;;) {
    const error = await checkOnce(databaseUrl)
    if (error === undefined) return
    const reason = messageOf(error)
    if (performance.now() > deadline)
      throw new Error(`the schema is not up to date after ${waitMs / 1_000} s: ${reason}`, { cause: error })
    if (!reported.has(reason)) onWait(`waiting: ${reason}`)
    reported.add(reason)
    await sleep(retryEveryMs)
  }
}

/** Returns the reason why the database cannot be used yet, or undefined. */
async function checkOnce(databaseUrl: string): Promise<Error | undefined> {
  const client = createMigrationClient(databaseUrl, {
    ...{ application_name: 'goals-tasks migrate --wait', connectionTimeoutMillis: 5_000 },
  })
  try {
    await client.connect()
    await assertSchema(client)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    await client.end().catch(() => undefined)
  }
}
