import { type OwnCluster, until } from '@goals-tasks/devstack/testing'
import type { Redis } from 'ioredis'
import type { Fault } from './model-commands.ts'
import type { OpenCache } from './open-cache.ts'

export type Target = { redis: Pick<OwnCluster, 'url' | 'pause' | 'resume'>; admins: readonly Redis[] }

/** Creates the faults of Redis. A fault that needs an answer of Redis does nothing while it hangs. */
export function createFaults({ redis, admins }: Target, caches: readonly OpenCache[]) {
  let isHung = false

  const onAllServers = async (act: (admin: Redis) => Promise<unknown>) => {
    if (!isHung) await Promise.all(admins.map(act))
  }
  const resume = async () => {
    isHung = false
    redis.resume()
    for (const { stall } of caches) stall.end()
  }

  return {
    hang: async () => {
      isHung = true
      redis.pause()
    },
    stall: async () => {
      for (const { stall } of caches) stall.begin()
    },
    resume,
    flush: () => onAllServers((admin) => admin.flushall()),
    disconnect: () => onAllServers((admin) => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')),
    /** Resolves once every cache is connected and used again. */
    heal: async () => {
      await resume()
      const isHealed = () => caches.every((cache) => cache.isUsed() && cache.redis.status === 'ready')
      // A connection that died without a word is noticed after 5 s, and the faults before may have left several.
      await until(isHealed, { timeoutMs: 60_000 })
    },
  } satisfies Record<Fault, () => Promise<void>>
}
