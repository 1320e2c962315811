import { Cluster } from 'ioredis'
import type { CacheRedis } from './connect.ts'

/**
 * Calls `onLost` whenever a connection to Redis was lost, or another node of the cluster became a master. Redis may
 * then have lost writes that it had confirmed. Returns a function that stops watching.
 */
export function watchConnection(redis: CacheRedis, onLost: () => void): () => void {
  if (!(redis instanceof Cluster)) {
    redis.on('close', onLost)
    return () => void redis.off('close', onLost)
  }
  let masters = ''
  const onRefresh = () => {
    const now = redis
      .nodes('master')
      .map(({ options }) => `${options.host}:${options.port}`)
      .sort()
      .join()
    if (masters && masters !== now) onLost()
    masters = now
  }
  redis.on('-node', onLost).on('close', onLost).on('refresh', onRefresh)
  return () => void redis.off('-node', onLost).off('close', onLost).off('refresh', onRefresh)
}
