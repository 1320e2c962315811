import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { dataDir } from '../processes/repository.ts'
import { startPostgres } from '../servers/postgres.ts'
import { startRedis } from '../servers/redis.ts'
import { redisCacheDir } from '../servers/redis-cache.ts'
import type { Server } from '../servers/server.ts'
import { temporaryFolder } from '../servers/temporary-folder.ts'
import { freePort } from './free-port.ts'

export const folderPrefix = 'goals-tasks-test'

/** The database that every test database is a copy of. */
export const templateDatabase = 'tpl'

/**
 * Starts a Postgres and a Redis for one test run, in a temporary folder and on free ports, with a template database
 * that `migrate(databaseUrl)` has prepared.
 * @returns their URLs and `stop()`, which also removes the folder. A failure stops and removes everything as well.
 */
export async function startEphemeralServers(migrate: (databaseUrl: string) => Promise<unknown>) {
  const folder = await temporaryFolder(tmpdir(), folderPrefix)
  const running: Server[] = []
  const stop = async () => {
    await Promise.all(running.map((server) => server.stop()))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const durability = 'none'
    const postgres = await startPostgres({ dataDir: join(folder, 'pg'), port: await freePort(), durability })
    running.push(postgres)
    const redis = await startRedis({
      dataDir: join(folder, 'redis'),
      port: await freePort(),
      durability,
      cacheDir: redisCacheDir(dataDir()),
    })
    running.push(redis)
    await createTemplate(postgres.url, migrate)
    return { postgresUrl: postgres.url, redisUrl: redis.url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function createTemplate(adminUrl: string, migrate: (databaseUrl: string) => Promise<unknown>): Promise<void> {
  await execute(adminUrl, `create database ${templateDatabase}`)
  await migrate(databaseUrl(adminUrl, templateDatabase))
  // A connection to a template makes every copy wait.
  await execute(adminUrl, `alter database ${templateDatabase} is_template true allow_connections false`)
}

/** Runs one statement on a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Returns the URL of another database with the same server and user. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}
