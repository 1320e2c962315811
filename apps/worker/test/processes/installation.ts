import { createDatabase } from '@goals-tasks/db'
import { freshDatabase, freshRedis, type Program, startProcess, until } from '@goals-tasks/devstack/testing'
import { onTestFinished } from 'vitest'

/** A database and a queue prefix of their own; the processes on them are started one by one and go with the test. */
export async function install(redis: { url: string; prefix: string } = freshRedis()) {
  const { url: databaseUrl } = await freshDatabase()
  const { pool, close } = createDatabase({ url: databaseUrl, poolSize: 2, name: 'test', onError: () => undefined })
  onTestFinished(close)
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: redis.prefix,
    CACHE_PREFIX: redis.prefix,
    AUTH_JWT_SECRET: 'a-secret-for-tests-of-32-characters',
  }
  const count = async (what: string): Promise<number> => {
    const { rows } = await pool.query(`select count(*)::int as count from ${what}`)
    return rows[0].count
  }
  return {
    pool,
    redis,
    async startApi(): Promise<{ process: Program; url: string }> {
      const api = startProcess('apps/api/src/main.ts', { ...env, HOST: '127.0.0.1', PORT: '0' })
      const { port } = await api.waitForLog(isReady)
      return { process: api, url: `http://127.0.0.1:${port}` }
    },
    async startWorker(...consumers: string[]): Promise<Program> {
      const choice = consumers.length > 0 ? { WORKER_CONSUMERS: consumers.join() } : {}
      const worker = startProcess('apps/worker/src/main.ts', { ...env, ...choice })
      await worker.waitForLog(isReady)
      return worker
    },
    /** Runs the loader as an operator would. `outcome` is what it prints, once every effect is there and checked. */
    loadSample(apiUrl: string) {
      const demo = startProcess('apps/cli/src/main.ts', env, ['demo', '--json', '--api', apiUrl])
      return {
        async outcome() {
          const printed = await demo.waitForLog((line) => 'inFile' in line, { timeoutMs: 60_000 })
          return { ...printed, exit: await demo.exit }
        },
      }
    },
    /** The deliveries that are left, by consumer; a consumer without any is not named. */
    async pending(): Promise<Record<string, number>> {
      const { rows } = await pool.query('select consumer, count(*)::int as left from deliveries group by consumer')
      return Object.fromEntries(rows.map(({ consumer, left }) => [consumer, left]))
    },
    /** Resolves when the API has committed so many events. */
    untilCommitted: (events: number) =>
      until(async () => (await count(`events where aggregate_type <> 'notification'`)) === events, {
        timeoutMs: 30_000,
      }),
    count,
    /** What half a minute does to the work that a dead process left: nobody has leased it any more. */
    leasesRunOut: () => pool.query('update deliveries set due_at = now()'),
  }
}

const isReady = (line: { msg?: string }) => line.msg === 'ready'
