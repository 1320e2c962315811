import { randomBytes } from 'node:crypto'
import {
  cleanUp,
  freePort,
  freshDatabase,
  ownRedis,
  type Program,
  startProcess,
  until,
} from '@goals-tasks/devstack/testing'
import { auth } from '../../support/token.ts'

/** Starts a program, and starts it again whenever it was killed. It ends with the test. */
function supervise(path: string, env: Record<string, string>) {
  let program: Program = startProcess(path, env)
  const untilReady = () =>
    until(() => program.logs.some((line) => line.msg === 'ready'), {
      timeoutMs: 170_000,
      describe: () => `${path} is ready; its output: ${program.stdout()} ${program.stderr()}`,
    })
  let isWanted = true
  cleanUp(async () => {
    isWanted = false
  })
  return {
    pid: () => program.pid,
    untilReady,
    /** Kills the program. Resolves when the next one is ready. */
    async kill(): Promise<void> {
      program.kill('SIGKILL')
      await program.exit
      if (!isWanted) return
      program = startProcess(path, env)
      await untilReady()
    },
  }
}

/** Starts APIs and a worker as processes, on a database and a Redis of their own. */
export async function startProcesses({ apis: count }: { apis: number }) {
  const [{ url: databaseUrl }, redis] = [await freshDatabase(), await ownRedis()]
  const shared = {
    ...{ DATABASE_URL: databaseUrl, REDIS_URL: redis.url, QUEUE_PREFIX: 'feed', CACHE_PREFIX: 'feed-cache' },
    ...{ SECRETS_KEY: randomBytes(32).toString('base64'), LOG_LEVEL: 'info' },
  }
  const startApi = async () => {
    const [port, probePort] = [String(await freePort()), String(await freePort())]
    const own = { AUTH_JWT_SECRET: auth.secret, HOST: '127.0.0.1', PORT: port, PROBE_PORT: probePort }
    const urls = { url: `http://127.0.0.1:${port}`, probeUrl: `http://127.0.0.1:${probePort}` }
    return { ...urls, ...supervise('apps/api/src/main.ts', { ...shared, ...own }) }
  }
  const apis = await Promise.all(Array.from({ length: count }, startApi))
  const worker = supervise('apps/worker/src/main.ts', { ...shared, PROBE_PORT: '0' })
  await Promise.all([...apis, worker].map((each) => each.untilReady()))
  return { databaseUrl, redis, apis, worker }
}
