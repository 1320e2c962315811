import { join } from 'node:path'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import { startRedis } from '../redis.ts'
import { dataDir } from '../repository.ts'
import { type OwnServer, own } from './own-servers.ts'
import { until } from './until.ts'

/** Three nodes that share the slots, without replicas. They go with the test. */
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

/** A Redis Cluster that only one test uses. */
export async function ownRedisCluster(): Promise<OwnCluster> {
  const busPorts = await Promise.all(slots.map(() => getPort({ reserve: true })))
  const nodes = await Promise.all(busPorts.map(startNode))
  const clients = nodes.map(({ url }) => new Redis(url))
  const [first] = clients
  if (!first) throw new Error('a cluster has nodes')
  await Promise.all(clients.map((client, i) => client.cluster('ADDSLOTSRANGE', ...(slots[i] ?? []))))
  for (const [i, { url }] of nodes.entries())
    await first.call('CLUSTER', 'MEET', '127.0.0.1', new URL(url).port, busPorts[i] ?? 0)
  await until(async () => {
    const states = await Promise.all(clients.map((client) => client.cluster('INFO')))
    return states.every((state) => /cluster_state:ok/.test(state) && /cluster_known_nodes:3/.test(state))
  })
  for (const client of clients) client.disconnect()
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
      cacheDir: dataDir(),
      settings: ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    }),
  )
