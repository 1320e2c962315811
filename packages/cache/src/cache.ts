import { type CacheOptions, composeCache, createParts } from './compose.ts'

export type Cache = ReturnType<typeof createCache>

/**
 * Creates a cache of finished responses in Redis. `layout.ts` explains how it works, `docs/guarantees.md` what it
 * promises. A caller never fails and never waits for long because of Redis: without Redis, each read calls its `load`.
 * `redis` comes from `connectCache`; the caller disconnects it after `close()`.
 *
 * - `readEntity(kind, id, reader, load)` returns the entity as `reader` may see it. `load` must read the *primary*. It
 *   returns the finished text, its version and the ids of all readers who may get exactly this text, or null. The cache
 *   stores neither null nor an error. A text for this reader alone has no `readers` and is not stored.
 * - `readList(query, load)` returns a page of a list, stored until one of its groups is invalidated (`ListQuery`).
 * - The first miss of an empty key fills nothing. The process fills the key when it misses it again.
 * - No text above 64 KB is stored, and none while a Redis that does not evict uses more than 70 % of its memory limit.
 * - `invalidate(change)` must be called after the commit and before the response. It takes at most 50 ms, never throws,
 *   and returns whether Redis confirmed. If not, this process repeats it, and does not read the keys of the change from
 *   the cache until Redis has confirmed. When that fails too, it bypasses the whole cache. A change of more than a
 *   thousand entities bumps the generation. A caller that must not miss an invalidation repeats it with
 *   `createInvalidation`, which throws.
 */
export const createCache = (options: CacheOptions) => composeCache(options, createParts(options))
