import type { Swap } from './bypass.ts'
import type { CacheRedis } from './connect.ts'

/** Compares and replaces; the time in the value only keeps swaps apart, so that a crowd of processes empties the cache once. */
const swapScript = `#!lua flags=allow-oom
local stored = redis.call('GET', KEYS[1])
if stored and stored ~= ARGV[1] then return 'swapped by another' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = stored and tonumber(string.match(stored, '@(%d+)$'))
if before and now >= before and now - before < tonumber(ARGV[3]) then return 'too soon' end
redis.call('SET', KEYS[1], ARGV[2] .. '@' .. string.format('%.0f', now))
return 'swapped'`

export type Generation = ReturnType<typeof createGeneration>

/** The global generation: everything in the cache that names another one is void. */
export function createGeneration(options: {
  redis: CacheRedis
  key: string
  newMark: () => string
  /** Least time between two swaps, whoever makes them. */
  swapEveryMs: number
}) {
  const { redis, key, newMark, swapEveryMs } = options
  const swap: Swap = {
    current: () => redis.get(key),
    replace: (seen) =>
      redis.eval(swapScript, 1, key, seen ?? '', newMark(), swapEveryMs) as ReturnType<Swap['replace']>,
  }
  return {
    key,
    ...swap,
    /** Makes one where Redis lost it. @returns the one that there is then */
    async plant(): Promise<string> {
      const mark = newMark()
      return (await redis.set(key, mark, 'NX', 'GET')) ?? mark
    },
    /** At once, whoever else did so. */
    renew: async (): Promise<void> => void (await redis.set(key, newMark())),
  }
}
