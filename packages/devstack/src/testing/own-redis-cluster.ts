import { join } from 'node:path'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import { dataDir } from '../processes/repository.ts'
import { startRedis } from '../servers/redis.ts'
import { redisCacheDir } from '../servers/redis-cache.ts'
import { type OwnServer, own } from './own-servers.ts'
import { until } from './until.ts'

/** Three nodes that share the slots, without replicas. They stop with the test. */
export type OwnCluster = {
  /** The addresses of the nodes, separated by commas. */
  url: string
  nodes: OwnServer[]
  pause(): void
  resume(): void
}

const slots = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const

/** Starts a Redis Cluster that only one test uses. */
export async function ownRedisCluster(): Promise<OwnCluster> {
  const busPorts = await Promise.all(slots.map(() => getPort({ reserve: true })))
  const nodes = await Promise.all(busPorts.map(startNode))
  await formCluster(nodes, busPorts)
  return {
    url: nodes.map(({ url }) => url).join(),
    nodes,
    pause: () => {
      for (const node of nodes) node.pause()
    },
    resume: () => {
      for (const node of nodes) node.resume()
    },
  }
}

const startNode = (busPort: number): Promise<OwnServer> =>
  own((folder, port) =>
    startRedis({
      dataDir: join(folder, 'redis'),
      port,
      durability: 'none',
      cacheDir: redisCacheDir(dataDir()),
      settings: ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    }),
  )

async function formCluster(nodes: readonly OwnServer[], busPorts: readonly number[]): Promise<void> {
  const clients = nodes.map(({ url }) => new Redis(url))
  const [first] = clients
  if (!first) throw new Error('a cluster needs a node')
  await Promise.all(clients.map((client, i) => client.cluster('ADDSLOTSRANGE', ...(slots[i] ?? []))))
  for (const [i, { url }] of nodes.entries())
    await first.call('CLUSTER', 'MEET', '127.0.0.1', new URL(url).port, busPorts[i] ?? 0)
  await until(async () => {
    const states = await Promise.all(clients.map((client) => client.cluster('INFO')))
    return states.every((state) => /cluster_state:ok/.test(state) && /cluster_known_nodes:3/.test(state))
  })
  for (const client of clients) client.disconnect()
}
