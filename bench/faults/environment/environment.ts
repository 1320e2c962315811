import { migrate } from '@goals-tasks/db'
import {
  cleanUp,
  type OwnServer,
  ownPostgres,
  ownPrimary,
  ownRedis,
  startTcpProxy,
  type TcpProxy,
} from '@goals-tasks/devstack/testing'
import { Redis } from 'ioredis'
import pg from 'pg'
import { type MissedInvalidations, sampleMissedInvalidations } from './missed-invalidations.ts'
import { type Api, type Processes, type ProcessOptions, startProcesses } from './processes.ts'
import { type Receiver, startReceiver } from './receiver.ts'

/** The QUEUE_PREFIX of every process. */
export const queuePrefix = 'faults'

/** Everything that runs in a scenario. The processes reach both servers through their proxies. */
export type Environment = Processes & {
  postgres: OwnServer & { proxy: TcpProxy }
  redis: OwnServer & { proxy: TcpProxy }
  receiver: Receiver
  missedInvalidations: MissedInvalidations
  /** Ids of events that the scenario inserted that no consumer accepts. */
  malformedEvents: Set<string>
  /** The APIs that requests go to. A scenario may replace the function, as a load balancer chooses. */
  rotation(): readonly [Api, ...Api[]]
  /** Connected to Postgres itself, and able to write while Postgres is read-only for others. */
  pool: pg.Pool
  /** Leads the processes and the pool to another Postgres, as an operator does after a failover. */
  usePostgres(url: string): void
  /** Sends one command to the Redis at `url`, by default the one that the scenario started with. */
  commandRedis(command: string, args?: readonly (string | number)[], url?: string): Promise<unknown>
}

/** Starts the servers, the receiver and the processes. All of them end with the scenario. */
export async function startEnvironment(
  options: ProcessOptions & { isRedisAwayAtBoot?: boolean; mayHaveStandby?: boolean },
): Promise<Environment> {
  const [postgres, redis] = await Promise.all([options.mayHaveStandby ? ownPrimary() : ownPostgres(), ownRedis()])
  const secondRoot = await options.secondSources?.(postgres.url)
  // A previous version in `secondRoot` has migrated the database. An empty one gets every migration.
  await migrate(postgres.url, { duringDeploy: true })
  const receiver = await startReceiver()
  const proxies = { postgres: await startTcpProxy(postgres.url), redis: await startTcpProxy(redis.url) }
  if (options.isRedisAwayAtBoot) await redis.kill()
  const env = {
    DATABASE_URL: proxies.postgres.url,
    REDIS_URL: proxies.redis.url,
    QUEUE_PREFIX: queuePrefix,
    SYNC_URL: receiver.url,
  }
  const processes = await startProcesses(env, { ...options, ...(secondRoot && { secondRoot }) })
  const environment: Environment = {
    ...processes,
    postgres: { ...postgres, proxy: proxies.postgres },
    redis: { ...redis, proxy: proxies.redis },
    receiver,
    missedInvalidations: sampleMissedInvalidations(processes.apis),
    malformedEvents: new Set(),
    rotation: () => processes.apis,
    pool: openPool(postgres.url),
    usePostgres(url) {
      proxies.postgres.pointTo(url)
      environment.pool = openPool(url)
    },
    commandRedis: (command, args = [], url = redis.url) => sendCommand(url, command, args),
  }
  return environment
}

function openPool(connectionString: string): pg.Pool {
  const options = '-c default_transaction_read_only=off -c statement_timeout=30000'
  const pool = new pg.Pool({ connectionString, options, max: 4, application_name: 'faults' })
  // The scenarios stop Postgres.
  pool.on('error', () => undefined)
  cleanUp(() => pool.end())
  return pool
}

async function sendCommand(url: string, command: string, args: readonly (string | number)[]): Promise<unknown> {
  const connection = new Redis(url, { maxRetriesPerRequest: 1, commandTimeout: 5_000 })
  connection.on('error', () => undefined)
  try {
    return await connection.call(command, ...args)
  } finally {
    connection.disconnect()
  }
}
