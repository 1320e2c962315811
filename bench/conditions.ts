import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, cpus } from 'node:os'
import { connectProducer } from '@goals-tasks/events'
import { type Context, connections } from './context.ts'

/** Returns the conditions of the measurement, one per line. */
export async function describeConditions({
  pool,
  rounds,
  rows,
  seconds,
  servers,
  sqlRunner,
}: Context): Promise<string[]> {
  const postgres = await pool.query('show server_version')
  const settings = Object.entries(servers.settings).map(([name, value]) => `${name} ${value}`)
  const cpu = cpus()[0]?.model.trim() ?? 'unknown CPU'
  const versions = [
    `Node ${process.versions.node}`,
    `Postgres ${postgres.rows[0].server_version} (fsync on, durable defaults, ${settings.join(', ')})`,
    `Redis ${await redisVersion(servers.redisUrl)} (append-only file)`,
  ]
  return [
    `${new Date().toISOString().slice(0, 16)}Z, commit ${commit()}`,
    `${availableParallelism()} × ${cpu}, shared by load, API, Postgres and Redis: only ratios count`,
    versions.join(', '),
    `${rows} tasks from the start, 100 per goal and scattered on disk`,
    'API: one process, NODE_ENV production, LOG_LEVEL info into a file, pool of 16',
    'No SYNC_URL, no mail server and no webhook, as a worker has recorded: no event leaves the installation',
    `Load: ${connections} connections, one token`,
    `SQL: ${sqlRunner.name}`,
    `${rounds} rounds of ${seconds} s per variant, interleaved, every second round in reverse order`,
    'Ratios are medians of the ratios of each round, absolute values are medians',
  ]
}

async function redisVersion(url: string): Promise<string> {
  const connection = connectProducer(url, (error) => console.error(error.message))
  await once(connection, 'ready')
  const version = /redis_version:(\S+)/.exec(await connection.info('server'))?.[1]
  connection.disconnect()
  return version ?? 'unknown'
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') ? ' with changes' : ''}`
  } catch {
    return 'unknown'
  }
}
