import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { databaseUrl, execute, templateDatabase } from './ephemeral-servers.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
    redisUrl: string
  }
}

const uniqueName = () => `t${randomBytes(8).toString('hex')}`

/**
 * Creates a migrated, empty database. It is never dropped: the whole server is deleted at the end of the run, and a
 * forced drop would race with the pools that are just closing.
 */
export async function freshDatabase(): Promise<{ url: string }> {
  const server = inject('postgresUrl')
  const name = uniqueName()
  // wal_log copies a small template without the two checkpoints of file_copy.
  await execute(server, `create database ${name} template ${templateDatabase} strategy wal_log`)
  return { url: databaseUrl(server, name) }
}

/** Returns the shared Redis of the run, and a key prefix that no other test has. Use `ownRedis` in order to flush. */
export const freshRedis = (): { url: string; prefix: string } => ({ url: inject('redisUrl'), prefix: uniqueName() })
