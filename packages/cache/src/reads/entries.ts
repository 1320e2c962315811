import { type EntityKind, jittered, lifetimesMs } from '../layout.ts'
import type { CacheRedis } from '../redis/connect.ts'

/** A finished answer about an entity, and exactly those who may be given it. */
export type Loaded = { version: number; text: string; readers: readonly string[] }

/** What the key of an entity holds; without `loaded` it is a tombstone or a placeholder. */
export type Entry = { version: number; mark: string; generation: string; loaded?: Loaded }

export const parseEntry = (stored: string): Entry => {
  const end = stored.indexOf('\n')
  const [version, mark = '', generation = '', readers] = stored.slice(0, end).split(' ')
  const entry = { version: Number(version), mark, generation }
  if (readers === undefined) return entry
  return { ...entry, loaded: { version: entry.version, text: stored.slice(end + 1), readers: readers.split(',') } }
}

/** Answers for nobody are not kept, nor what would not fit into an entry's first line. */
export const isStorable = ({ readers }: Loaded) => readers.length > 0 && readers.every((id) => /^[^\s,]+$/.test(id))

/** Stores the entry only in the stretch of time in which its reader asked the database, and never over a newer one. */
const fillScript = `
local version, mark = string.match(redis.call('GETRANGE', KEYS[1], 0, 99), '^(%d+) (%S+)')
if mark ~= ARGV[1] or tonumber(version) > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1`

export type Entries = ReturnType<typeof createEntries>

export function createEntries({
  redis,
  prefix,
  newMark,
}: {
  redis: CacheRedis
  prefix: string
  newMark: () => string
}) {
  return {
    key: (kind: EntityKind, id: string) => `${prefix}:${kind}:${id}`,
    /** Gives a key without a value a placeholder. @returns what the key holds then */
    async plant(key: string): Promise<string> {
      const placeholder = `0 ${newMark()}\n`
      return (await redis.set(key, placeholder, 'PX', lifetimesMs.placeholder, 'NX', 'GET')) ?? placeholder
    },
    /** @returns whether it was stored; it is refused when it may be stale */
    async fill(key: string, seen: { mark: string; generation: string }, loaded: Loaded): Promise<boolean> {
      const entry = `${loaded.version} ${seen.mark} ${seen.generation} ${loaded.readers.join(',')}\n${loaded.text}`
      const ttl = jittered(lifetimesMs.entity)
      return (await redis.eval(fillScript, 1, key, seen.mark, loaded.version, entry, ttl)) === 1
    },
  }
}
