import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@goals-tasks/db'
import { type Server, startPostgres, startRedis } from '@goals-tasks/devstack'
import { freePort } from '@goals-tasks/devstack/testing'
import pg from 'pg'

/**
 * Settings that differ from the defaults of Postgres, which are durable: memory for the data, no checkpoint during a
 * round, and commit timestamps, from which latencies are computed.
 */
const settings = { shared_buffers: '512MB', max_wal_size: '4GB', track_commit_timestamp: 'on' }

export type Servers = Awaited<ReturnType<typeof startServers>>

/** Starts a Postgres (fsync on) and a Redis (append-only file) in a temporary folder, migrated and empty. */
export async function startServers() {
  const folder = await mkdtemp(join(tmpdir(), 'goals-tasks-bench-'))
  const running: Server[] = []
  const stop = async () => {
    await Promise.all(running.map((server) => server.stop()))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const postgres = await startTuned({ dataDir: join(folder, 'pg'), port: await freePort(), durability: 'full' })
    running.push(postgres)
    const redisOptions = { dataDir: join(folder, 'redis'), port: await freePort(), durability: 'full' } as const
    const redis = await startRedis({ ...redisOptions, cacheDir: join(folder, 'cache') })
    running.push(redis)
    await migrate(postgres.url)
    const pids = { Postgres: postgres.pid, Redis: redis.pid }
    return { folder, databaseUrl: postgres.url, redisUrl: redis.url, pids, settings, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Starts Postgres with `settings`. Some of them need a restart, and none can be passed to the start. */
async function startTuned(options: Parameters<typeof startPostgres>[0]): Promise<Server> {
  const untuned = await startPostgres(options)
  const client = new pg.Client({ connectionString: untuned.url })
  await client.connect()
  for (const [name, value] of Object.entries(settings)) await client.query(`alter system set ${name} = '${value}'`)
  await client.end()
  await untuned.stop()
  return startPostgres(options)
}
