import { Cluster } from 'ioredis'
import type { CacheRedis } from './connect.ts'

const figures = {
  usedMemoryBytes: 'used_memory',
  keyspaceHits: 'keyspace_hits',
  keyspaceMisses: 'keyspace_misses',
  evictedKeys: 'evicted_keys',
  expiredKeys: 'expired_keys',
  connectedClients: 'connected_clients',
}

export type RedisFigures = Record<keyof typeof figures, number>

/** INFO of the server, or of every master of the cluster. @throws when one does not answer, or none is known any more */
export async function askRedis(redis: CacheRedis): Promise<string[]> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
  if (nodes.length === 0) throw new Error('no node of the cluster is within reach')
  return Promise.all(nodes.map((node) => node.info()))
}

export function sumFigures(infos: readonly string[]): RedisFigures {
  const sum = (name: string) =>
    infos.reduce((total, info) => total + Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0), 0)
  return Object.fromEntries(Object.entries(figures).map(([name, field]) => [name, sum(field)])) as RedisFigures
}
