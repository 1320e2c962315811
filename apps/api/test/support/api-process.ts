import { freePort, startProcess } from '@goals-tasks/devstack/testing'
import { auth } from './token.ts'

type Place = { database: { url: string }; redis: { url: string; prefix?: string } }

/** Starts the API as a process of its own, which ends with the test. `settings` are further variables of it. */
export async function startApiProcess({ database, redis }: Place, settings: Record<string, string> = {}) {
  const probePort = String(await freePort())
  const process = startProcess('apps/api/src/main.ts', {
    ...{ DATABASE_URL: database.url, REDIS_URL: redis.url },
    ...(redis.prefix !== undefined && { QUEUE_PREFIX: redis.prefix, CACHE_PREFIX: redis.prefix }),
    ...{ AUTH_JWT_SECRET: auth.secret, HOST: '127.0.0.1', PORT: '0', PROBE_PORT: probePort },
    ...settings,
  })
  const { port } = await process.waitForLog(({ msg }) => msg === 'ready')
  return { process, url: `http://127.0.0.1:${port}`, probeUrl: `http://127.0.0.1:${probePort}` }
}

export type ApiProcess = Awaited<ReturnType<typeof startApiProcess>>
