import { join } from 'node:path'
import { Redis } from 'ioredis'
import { dataDir } from '../processes/repository.ts'
import { startRedis } from '../servers/redis.ts'
import { redisCacheDir } from '../servers/redis-cache.ts'
import { freePort } from './free-port.ts'
import { type OwnServer, own } from './own-servers.ts'
import { type Certificate, listenForTls } from './redis-tls.ts'
import { until } from './until.ts'

/** Three nodes that share the slots, without replicas. They stop with the test. */
export type OwnCluster = {
  /** The addresses of the nodes, separated by commas. With TLS it is the address of the first one. */
  url: string
  /** Their URLs use no TLS. */
  nodes: OwnServer[]
  pause(): void
  resume(): void
}

/** A node, and the ports that it names to its clients and to the other nodes. */
type Member = { node: OwnServer; port: string; busPort: number }

const slots = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const

/** Starts a Redis Cluster that only one test uses. With `tls`, its URL and its nodes use TLS. */
export async function ownRedisCluster({ tls }: { tls?: Certificate } = {}): Promise<OwnCluster> {
  const members = await Promise.all(slots.map(() => startMember(tls)))
  await formCluster(members)
  const nodes = members.map(({ node }) => node)
  return {
    url: tls ? `rediss+cluster://localhost:${members[0]?.port}` : nodes.map(({ url }) => url).join(),
    nodes,
    pause: () => {
      for (const node of nodes) node.pause()
    },
    resume: () => {
      for (const node of nodes) node.resume()
    },
  }
}

async function startMember(certificate: Certificate | undefined): Promise<Member> {
  const busPort = await freePort()
  const tls = certificate && (await listenForTls(certificate))
  const node = await own((folder, port) =>
    startRedis({
      dataDir: join(folder, 'redis'),
      port,
      durability: 'none',
      cacheDir: redisCacheDir(dataDir()),
      settings: [
        ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
        ...(tls ? [...tls.settings, '--tls-cluster', 'yes'] : []),
      ],
    }),
  )
  return { node, port: tls?.port ?? new URL(node.url).port, busPort }
}

async function formCluster(members: readonly Member[]): Promise<void> {
  const clients = members.map(({ node }) => new Redis(node.url))
  const [first] = clients
  if (!first) throw new Error('a cluster needs a node')
  await Promise.all(clients.map((client, i) => client.cluster('ADDSLOTSRANGE', ...(slots[i] ?? []))))
  for (const { port, busPort } of members) await first.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort)
  await until(async () => {
    const states = await Promise.all(clients.map((client) => client.cluster('INFO')))
    return states.every((state) => /cluster_state:ok/.test(state) && /cluster_known_nodes:3/.test(state))
  })
  for (const client of clients) client.disconnect()
}
