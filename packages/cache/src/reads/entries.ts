import type { Result } from 'ioredis'
import { type EntityKind, jittered, lifetimesMs } from '../layout.ts'
import type { CacheRedis } from '../redis/connect.ts'

/** A finished text about an entity, and the ids of all readers who may get exactly this text. */
export type Loaded = { version: number; text: string; readers: readonly string[] }

/** The parsed value of an entity's key. A tombstone or a placeholder has no `loaded`. */
export type Entry = { version: number; token: string; generation: string; loaded?: Loaded }

export const parseEntry = (stored: string): Entry => {
  const end = stored.indexOf('\n')
  const [version, token = '', generation = '', readers] = stored.slice(0, end).split(' ')
  const entry = { version: Number(version), token, generation }
  if (readers === undefined) return entry
  return { ...entry, loaded: { version: entry.version, text: stored.slice(end + 1), readers: readers.split(',') } }
}

/** Returns whether there is a reader and every reader's id fits into the first line of an entry. */
export const isStorable = ({ readers }: Loaded) => readers.length > 0 && readers.every((id) => /^[^\s,]+$/.test(id))

declare module 'ioredis' {
  interface RedisCommander<Context> {
    fillEntry(key: string, token: string, version: number, entry: string, ttlMs: number): Result<number, Context>
  }
}

/** Stores an entry only under the lease token that its reader saw before loading, and never over a newer version. */
const fillScript = `
local version, token = string.match(redis.call('GETRANGE', KEYS[1], 0, 99), '^(%d+) (%S+)')
if token ~= ARGV[1] or tonumber(version) > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1`

export type Entries = ReturnType<typeof createEntries>
type Options = { redis: CacheRedis; prefix: string; newToken: () => string }

export function createEntries({ redis, prefix, newToken }: Options) {
  redis.defineCommand('fillEntry', { lua: fillScript, numberOfKeys: 1 })
  return {
    key: (kind: EntityKind, id: string) => `${prefix}:${kind}:${id}`,
    /** Sets a placeholder if the key has no value. Returns the value that the key holds then. */
    async setIfAbsent(key: string): Promise<string> {
      const placeholder = `0 ${newToken()}\n`
      return (await redis.set(key, placeholder, 'PX', lifetimesMs.placeholder, 'NX', 'GET')) ?? placeholder
    },
    /** Stores what was loaded under `seen`. Returns false when Redis refused it because it may be stale. */
    async fill(key: string, seen: { token: string; generation: string }, loaded: Loaded): Promise<boolean> {
      const entry = `${loaded.version} ${seen.token} ${seen.generation} ${loaded.readers.join(',')}\n${loaded.text}`
      const ttl = jittered(lifetimesMs.entity)
      return (await redis.fillEntry(key, seen.token, loaded.version, entry, ttl)) === 1
    },
  }
}
