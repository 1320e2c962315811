import { createDatabase } from '@goals-tasks/db'
import {
  cleanUp,
  freePort,
  freshDatabase,
  freshRedis,
  type Program,
  startProcess,
  until,
} from '@goals-tasks/devstack/testing'
import { makeDue, pendingDeliveries } from '../rows.ts'
import { createFolder } from './folder.ts'
import { copySample } from './sample-copy.ts'

export const jwtSecret = 'a-secret-for-tests-of-32-characters'
const isReady = (line: { msg?: string }) => line.msg === 'ready'

type Options = {
  /** A migrated database. Default: a fresh one. */
  database?: { url: string }
  redis?: { url: string; prefix: string }
  /** Further variables of the processes. */
  settings?: Record<string, string>
}

/** A database and a queue prefix for real processes. A test starts them one by one; they end with the test. */
export async function installProcesses({ database, redis = freshRedis(), settings = {} }: Options = {}) {
  const { url: databaseUrl } = database ?? (await freshDatabase())
  const { pool, close } = createDatabase({ url: databaseUrl, poolSize: 2, name: 'test', onError: () => undefined })
  cleanUp(close)
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: redis.prefix,
    CACHE_PREFIX: redis.prefix,
    AUTH_JWT_SECRET: jwtSecret,
    SECRETS_KEY: Buffer.alloc(32, 'k').toString('base64'),
    WEBHOOK_ALLOW_NETWORKS: 'loopback',
    ...settings,
  }
  const sample = await copySample(await createFolder())
  const probes: { app: string; port: number }[] = []
  /** Starts a process with a probe port of its own and waits until it is ready. */
  async function start(app: string, variables: Record<string, string>) {
    const probePort = await freePort()
    const process = startProcess(`apps/${app}/src/main.ts`, { ...env, PROBE_PORT: String(probePort), ...variables })
    const { port } = await process.waitForLog(isReady)
    probes.push({ app, port: probePort })
    return { process, port, probePort }
  }
  const count = async (from: string): Promise<number> => {
    const { rows } = await pool.query(`select count(*)::int as count from ${from}`)
    return rows[0].count
  }
  return {
    pool,
    redis,
    /** Runs a command of the CLI to its end. Returns its exit code and its JSON document. */
    async runCommand(...args: string[]): Promise<{ code: number | null; document: Record<string, unknown> }> {
      const cli = startProcess('apps/cli/src/main.ts', env, [...args, '--json'])
      const { code } = await cli.exit
      return { code, document: JSON.parse(cli.stdout()) }
    },
    async startApi(): Promise<{ process: Program; url: string; probeUrl: string }> {
      const { process, port, probePort } = await start('api', { HOST: '127.0.0.1', PORT: '0' })
      return { process, url: `http://127.0.0.1:${port}`, probeUrl: `http://127.0.0.1:${probePort}` }
    },
    async startWorker(...consumers: string[]): Promise<Program> {
      const choice = consumers.length > 0 ? { WORKER_CONSUMERS: consumers.join() } : {}
      return (await start('worker', choice)).process
    },
    async startOps(): Promise<{ process: Program; url: string }> {
      const { process, port } = await start('ops', { HOST: '127.0.0.1', OPS_PORT: String(await freePort()) })
      return { process, url: `http://127.0.0.1:${port}` }
    },
    /** Returns the metrics of every process that was started. */
    scrape: () =>
      Promise.all(
        probes.map(async ({ port }) => {
          const response = await fetch(`http://127.0.0.1:${port}/metrics`)
          return response.text()
        }),
      ),
    /** Returns the ports of the metrics by the name of their job in Prometheus. */
    scrapedJobs: (): Record<string, number[]> =>
      Object.fromEntries(
        [...Map.groupBy(probes, ({ app }) => `goals-tasks-${app}`)].map(([job, all]) => [
          job,
          all.map(({ port }) => port),
        ]),
      ),
    /**
     * Runs the loader of the demo with the sample, or with a copy by `copySample`. `outcome` resolves to its printed
     * result, when every effect has happened.
     */
    loadSample(apiUrl: string, file: string = sample) {
      const demo = startProcess('apps/cli/src/main.ts', env, ['demo', file, '--json', '--api', apiUrl])
      return {
        async outcome() {
          const exit = await demo.exit
          return { ...(await demo.waitForLog((line) => 'inFile' in line)), exit }
        },
      }
    },
    pending: () => pendingDeliveries(pool),
    /** Resolves when the API has committed that many events. */
    untilCommitted: (events: number) =>
      until(async () => (await count(`events where aggregate_type <> 'notification'`)) === events),
    count,
    /**
     * Ends the leases of a dead process, as half a minute would. Calls in a loop would end those of running jobs, too,
     * and make a slow machine begin these again and again.
     */
    endLeases: () => makeDue(pool),
    /** Counts the sessions that wait for a lock on the table. */
    countWaitingForLockOn: (table: string) =>
      count(`pg_locks where not granted and relation = '${table}'::regclass
        and database = (select oid from pg_database where datname = current_database())`),
  }
}
