import { mastersOf } from '@goals-tasks/events'
import type { CacheRedis } from './connect.ts'
import type { Guard } from './guard.ts'

/** Fills stop above this share of the memory limit. The rest belongs to the queues, invalidations and their tokens. */
const fullAt = 0.7
const checkEveryMs = 1_000
const checkEveryBytes = 1_048_576

export type Memory = ReturnType<typeof createMemory>

/**
 * Knows whether Redis has room for fills. A Redis that evicts always has, and so has one without a limit. Asks Redis
 * once a second while there are fills, and after each megabyte. Keeps its last answer while Redis does not reply.
 */
export function createMemory(redis: CacheRedis, guard: Pick<Guard, 'runOr'>) {
  let hasRoom = true
  let checkedAt = Number.NEGATIVE_INFINITY
  let bytesSince = 0
  let checking: Promise<void> | undefined

  async function check(): Promise<void> {
    checkedAt = performance.now()
    bytesSince = 0
    hasRoom = await guard.runOr(hasRoom, async () => {
      const infos = await Promise.all(mastersOf(redis).map((node) => node.info('memory')))
      return !infos.some(isFull)
    })
  }

  return {
    async hasRoomFor(bytes: number): Promise<boolean> {
      if (performance.now() - checkedAt >= checkEveryMs || bytesSince >= checkEveryBytes)
        checking = check().finally(() => {
          checking = undefined
        })
      await checking
      if (hasRoom) bytesSince += bytes
      return hasRoom
    },
  }
}

function isFull(info: string): boolean {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const limit = Number(field('maxmemory') ?? 0)
  return limit > 0 && field('maxmemory_policy') === 'noeviction' && Number(field('used_memory')) > fullAt * limit
}
