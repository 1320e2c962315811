import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { databaseUrl, execute, TEMPLATE } from './throwaway-servers.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
    redisUrl: string
  }
}

const unique = () => `t${randomBytes(8).toString('hex')}`

/**
 * A migrated, empty database of its own. It is never dropped: the whole server goes at the end of the run, and a
 * forced drop would race with the pools that are just closing.
 */
export async function freshDatabase(): Promise<{ url: string }> {
  const server = inject('postgresUrl')
  const name = unique()
  // wal_log copies a small template without the two checkpoints of file_copy.
  await execute(server, `create database ${name} template ${TEMPLATE} strategy wal_log`)
  return { url: databaseUrl(server, name) }
}

/** The run's shared Redis, and a key prefix that no other test has. Do not flush it: that is what `ownRedis` is for. */
export const freshRedis = (): { url: string; prefix: string } => ({ url: inject('redisUrl'), prefix: unique() })
