import { join } from 'node:path'
import { endStalePostgres, startPostgres } from '../servers/postgres.ts'
import { endStaleRedis, startRedis } from '../servers/redis.ts'
import { redisCacheDir } from '../servers/redis-cache.ts'
import type { Server } from '../servers/server.ts'
import type { Output } from './output.ts'
import type { Ports } from './ports.ts'
import type { Settings } from './settings.ts'
import type { Shutdown } from './shutdown.ts'
import { supervise } from './supervise.ts'

/** Starts the embedded servers that are needed. @returns their URLs as environment variables */
export async function startServers(
  settings: Settings,
  ports: Ports,
  output: Output,
  shutdown: Shutdown,
): Promise<NodeJS.ProcessEnv> {
  const { folder, embedPostgres, embedRedis } = settings
  const options = { durability: 'full', onProgress: (step: string) => output.log(`${step} …`) } as const

  async function keep(name: string, launch: () => Promise<Server>): Promise<string> {
    const first = await launch()
    const { stop } = supervise({ name, first, launch, log: output.log })
    await shutdown.add('servers', stop)
    output.log(`${name} listens on 127.0.0.1:${first.port}`)
    return first.url
  }
  const results = await Promise.allSettled([
    embedPostgres
      ? keep('Postgres', () => startPostgres({ ...options, dataDir: postgresFolder(folder), port: ports.postgres }))
      : undefined,
    embedRedis
      ? keep('Redis', () =>
          startRedis({ ...options, dataDir: redisFolder(folder), port: ports.redis, cacheDir: redisCacheDir(folder) }),
        )
      : undefined,
  ])
  // A failure is thrown after both have finished, so that the other server is registered and will be stopped.
  const [databaseUrl, redisUrl] = results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
  return { ...(databaseUrl && { DATABASE_URL: databaseUrl }), ...(redisUrl && { REDIS_URL: redisUrl }) }
}

const postgresFolder = (folder: string) => join(folder, 'pg')
const redisFolder = (folder: string) => join(folder, 'redis')

/** Ends the servers that a killed `start` left behind, so that their usual ports are free again. */
export async function endStaleServers(folder: string): Promise<void> {
  await Promise.all([endStalePostgres(postgresFolder(folder)), endStaleRedis(redisFolder(folder))])
}
