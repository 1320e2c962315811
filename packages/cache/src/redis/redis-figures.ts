import { mastersOf } from '@goals-tasks/events'
import type { CacheRedis } from './connect.ts'

const fields = {
  usedMemoryBytes: 'used_memory',
  keyspaceHits: 'keyspace_hits',
  keyspaceMisses: 'keyspace_misses',
  evictedKeys: 'evicted_keys',
  expiredKeys: 'expired_keys',
  connectedClients: 'connected_clients',
}

export type RedisFigures = Record<keyof typeof fields, number>

/**
 * Returns figures from INFO, summed over all masters of a cluster. Throws when a node does not answer or no node is
 * known.
 */
export async function readRedisFigures(redis: CacheRedis): Promise<RedisFigures> {
  const nodes = mastersOf(redis)
  if (nodes.length === 0) throw new Error('No node of the Redis Cluster is known')
  return sumFigures(await Promise.all(nodes.map((node) => node.info())))
}

function sumFigures(infos: readonly string[]): RedisFigures {
  const sum = (field: string) =>
    infos.reduce((total, info) => total + Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0), 0)
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sum(field)])) as RedisFigures
}
