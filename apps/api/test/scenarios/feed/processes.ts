import { randomBytes } from 'node:crypto'
import { freePort, freshDatabase, ownRedis, startProcess } from '@goals-tasks/devstack/testing'
import { auth } from '../../support/token.ts'

/** Starts an API and a worker as processes, on a database and a Redis of their own. They end with the test. */
export async function startProcesses() {
  const [{ url: databaseUrl }, redis] = [await freshDatabase(), await ownRedis()]
  const shared = {
    ...{ DATABASE_URL: databaseUrl, REDIS_URL: redis.url, QUEUE_PREFIX: 'feed', CACHE_PREFIX: 'feed-cache' },
    ...{ SECRETS_KEY: randomBytes(32).toString('base64'), LOG_LEVEL: 'info' },
  }
  const [port, probePort] = [String(await freePort()), String(await freePort())]
  const own = { AUTH_JWT_SECRET: auth.secret, HOST: '127.0.0.1', PORT: port, PROBE_PORT: probePort }
  const api = startProcess('apps/api/src/main.ts', { ...shared, ...own })
  const worker = startProcess('apps/worker/src/main.ts', { ...shared, PROBE_PORT: '0' })
  await Promise.all([api, worker].map((each) => each.waitForLog((line) => line.msg === 'ready')))
  const urls = { url: `http://127.0.0.1:${port}`, probeUrl: `http://127.0.0.1:${probePort}` }
  return { databaseUrl, api: { ...urls, pid: api.pid } }
}
