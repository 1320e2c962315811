import { join } from 'node:path'
import { releasePostgres, startPostgres } from '../postgres.ts'
import { releaseRedis, startRedis } from '../redis.ts'
import type { Server } from '../server.ts'
import type { Output } from './output.ts'
import type { Ports } from './ports.ts'
import type { Settings } from './settings.ts'
import type { Shutdown } from './shutdown.ts'
import { supervise } from './supervise.ts'

/** Starts the embedded servers that are needed. @returns their URLs, as the environment of our programs. */
export async function startServers(
  settings: Settings,
  ports: Ports,
  output: Output,
  shutdown: Shutdown,
): Promise<NodeJS.ProcessEnv> {
  const { folder, embedPostgres, embedRedis } = settings
  const options = { durability: 'full', onProgress: (step: string) => output.say(`${step} …`) } as const

  async function keep(name: string, launch: () => Promise<Server>): Promise<string> {
    const server = await launch()
    const { stop } = supervise(name, server, launch, (message) => output.say(message, 'warn'))
    await shutdown.add('servers', stop)
    output.say(`${name} is at 127.0.0.1:${server.port}`)
    return server.url
  }
  const results = await Promise.allSettled([
    embedPostgres
      ? keep('Postgres', () => startPostgres({ ...options, dataDir: postgresFolder(folder), port: ports.postgres }))
      : undefined,
    embedRedis
      ? keep('Redis', () =>
          startRedis({ ...options, dataDir: redisFolder(folder), port: ports.redis, cacheDir: folder }),
        )
      : undefined,
  ])
  // Both have had their say before a failure counts, so that the other one is stopped and not left half started.
  const [databaseUrl, redisUrl] = results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
  return { ...(databaseUrl && { DATABASE_URL: databaseUrl }), ...(redisUrl && { REDIS_URL: redisUrl }) }
}

const postgresFolder = (folder: string) => join(folder, 'pg')
const redisFolder = (folder: string) => join(folder, 'redis')

/** Ends what a killed `start` left behind, so that the servers find their usual ports free. */
export async function releaseServers(folder: string): Promise<void> {
  await Promise.all([releasePostgres(postgresFolder(folder)), releaseRedis(redisFolder(folder))])
}
