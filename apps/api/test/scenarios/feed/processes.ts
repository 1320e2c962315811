import { randomBytes } from 'node:crypto'
import { migrate } from '@goals-tasks/db'
import type { FeedMutation } from '@goals-tasks/db/testing'
import {
  freePort,
  freshDatabase,
  ownPostgres,
  ownRedis,
  type Program,
  startProcess,
} from '@goals-tasks/devstack/testing'
import { auth } from '../../support/token.ts'

export type ProcessOptions = {
  apis?: number
  /** The APIs run with the cursor of this mutation. */
  mutation?: FeedMutation
  /** Whether Postgres is a cluster of its own: an open transaction affects every database of its cluster. */
  hasOwnPostgres?: boolean
}

/** Starts APIs and a worker as processes, on a database and a Redis of their own. They end with the test. */
export async function startProcesses({ apis: count = 1, mutation, hasOwnPostgres = false }: ProcessOptions = {}) {
  const { url: databaseUrl } = hasOwnPostgres ? await ownPostgres() : await freshDatabase()
  if (hasOwnPostgres) await migrate(databaseUrl)
  const redis = await ownRedis()
  const shared = {
    ...{ DATABASE_URL: databaseUrl, REDIS_URL: redis.url, QUEUE_PREFIX: 'feed', CACHE_PREFIX: 'feed-cache' },
    ...{ SECRETS_KEY: randomBytes(32).toString('base64'), LOG_LEVEL: 'info' },
  }
  const startApi = async () => {
    const [port, probePort] = [String(await freePort()), String(await freePort())]
    const env = { ...shared, AUTH_JWT_SECRET: auth.secret, HOST: '127.0.0.1', PORT: port, PROBE_PORT: probePort }
    const supervised = await supervise(() =>
      mutation
        ? startProcess('apps/api/test/scenarios/feed/mutated-api.ts', env, [mutation])
        : startProcess('apps/api/src/main.ts', env),
    )
    return { url: `http://127.0.0.1:${port}`, probeUrl: `http://127.0.0.1:${probePort}`, ...supervised }
  }
  const worker = supervise(() => startProcess('apps/worker/src/main.ts', { ...shared, PROBE_PORT: '0' }))
  const apis = await Promise.all(Array.from({ length: count }, startApi))
  return { databaseUrl, redis, apis, worker: await worker }
}

/** Starts a program, and starts it again whenever the test kills it. Resolves when it is ready. */
async function supervise(start: () => Program) {
  const startReady = async () => {
    const program = start()
    await program.waitForLog(({ msg }) => msg === 'ready')
    return program
  }
  let running = startReady()
  await running
  return {
    /** Resolves with the program when it is ready. */
    program: () => running,
    /** Kills the program when it is ready. Resolves when it has ended, and the next one starts. */
    async kill(): Promise<void> {
      const program = await running
      program.kill('SIGKILL')
      await program.exit
      running = startReady()
      // The next call of `program` or `kill` rejects with the error.
      running.catch(() => undefined)
    },
  }
}
