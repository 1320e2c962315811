import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataDir } from '../processes/repository.ts'
import { startRedis } from '../servers/redis.ts'
import { redisCacheDir } from '../servers/redis-cache.ts'
import { type OwnServer, own, ownRedis } from './own-servers.ts'
import { type Certificate, listenForTls } from './redis-tls.ts'

/** A master, its replica, and a Sentinel that promotes the replica when the master is away for half a second. */
export type OwnSentinel = {
  /** `redis+sentinel://…`, or `rediss+sentinel://…` with TLS. */
  url: string
  /** Its URL uses no TLS, and so does the one of the replica. */
  master: OwnServer
  replica: OwnServer
}

/**
 * Starts a Redis with a replica and a Sentinel that only one test uses. With `tls`, the URL and the three servers use
 * TLS, and the certificate has to name 127.0.0.1. They stop with the test.
 */
export async function ownRedisSentinel({ tls }: { tls?: Certificate } = {}): Promise<OwnSentinel> {
  const listen = async () => tls && (await listenForTls(tls))
  const [ofMaster, ofReplica, ofSentinel] = await Promise.all([listen(), listen(), listen()])
  const master = await ownRedis(ofMaster?.settings)
  const port = ofMaster?.port ?? new URL(master.url).port
  const replica = await own((folder, replicaPort) =>
    launch(folder, replicaPort, { settings: [...(ofReplica?.settings ?? []), '--replicaof', '127.0.0.1', port] }),
  )
  const sentinel = await own(async (folder, sentinelPort) => {
    const configFile = join(folder, 'sentinel.conf')
    await mkdir(folder, { recursive: true })
    await writeFile(configFile, sentinelConfig(port))
    return launch(folder, sentinelPort, { configFile, settings: [...(ofSentinel?.settings ?? []), '--sentinel'] })
  })
  const url = ofSentinel
    ? `rediss+sentinel://127.0.0.1:${ofSentinel.port}`
    : sentinel.url.replace('redis:', 'redis+sentinel:')
  return { url: `${url}/main`, master, replica }
}

const sentinelConfig = (port: string) =>
  [
    `sentinel monitor main 127.0.0.1 ${port} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 2000',
    '',
  ].join('\n')

type Launch = { settings: readonly string[]; configFile?: string }

const launch = (folder: string, port: number, more: Launch) =>
  startRedis({
    ...{ dataDir: join(folder, 'redis'), port, durability: 'none', cacheDir: redisCacheDir(dataDir()) },
    ...more,
  })
