import { generationKey } from './layout.ts'
import type { CacheRedis } from './redis/connect.ts'
import { createLeaseTokens } from './redis/lease-tokens.ts'

/** Voids every entry and list of every process at once. Throws when Redis does not confirm it. */
export const bumpGeneration = async ({ redis, prefix }: { redis: CacheRedis; prefix: string }): Promise<void> =>
  void (await redis.set(`${prefix}:${generationKey}`, createLeaseTokens()()))
