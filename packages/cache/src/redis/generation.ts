import type { CacheRedis } from './connect.ts'

export type BumpOutcome = 'bumped' | 'bumped by another' | 'too soon'

/** Compares and sets. The time in the value spaces out bumps, so that many processes together empty the cache once. */
const bumpScript = `#!lua flags=allow-oom
local stored = redis.call('GET', KEYS[1])
if stored and stored ~= ARGV[1] then return 'bumped by another' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = stored and tonumber(string.match(stored, '@(%d+)$'))
if before and now >= before and now - before < tonumber(ARGV[3]) then return 'too soon' end
redis.call('SET', KEYS[1], ARGV[2] .. '@' .. string.format('%.0f', now))
return 'bumped'`

export type Generation = ReturnType<typeof createGeneration>

/** The global generation. An entry or a list that names another generation is void. Every call throws without Redis. */
export function createGeneration(options: {
  redis: CacheRedis
  key: string
  newToken: () => string
  /** Least time between two calls of `bumpFrom` that succeed, in whatever process. */
  bumpIntervalMs: number
}) {
  const { redis, key, newToken, bumpIntervalMs } = options
  return {
    key,
    /** Returns the generation that Redis holds, or null when Redis has lost it. */
    current: (): Promise<string | null> => redis.get(key),
    /** Sets a generation if Redis has none. Returns the one that Redis holds then. */
    async setIfAbsent(): Promise<string> {
      const token = newToken()
      return (await redis.set(key, token, 'NX', 'GET')) ?? token
    },
    /** Replaces the generation `seen`, unless another process has replaced it since, or did so a moment ago. */
    bumpFrom: (seen: string | null) =>
      redis.eval(bumpScript, 1, key, seen ?? '', newToken(), bumpIntervalMs) as Promise<BumpOutcome>,
    /** Replaces the generation at once, whichever it is. */
    bump: async (): Promise<void> => void (await redis.set(key, newToken())),
  }
}
