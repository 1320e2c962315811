import { type CacheOptions, composeCache, createParts } from './compose.ts'

export type Cache = ReturnType<typeof createCache>

/**
 * A cache of finished answers in Redis; `layout.ts` says how it works, `docs/guarantees.md` what it promises.
 * Nothing that uses it ever fails or waits for long because of Redis: without it every read goes to its `load`.
 * `redis` comes from `connectCache`, and is the caller's to disconnect after `close()`.
 *
 * - `readEntity(kind, id, reader, load)`: the answer about one entity for `reader`. `load` reads the *primary* and gives the
 *   finished text, its version and all those who may be given exactly this text; or null, or throws: neither is kept.
 *   A text that only this reader gets comes with no readers, and is not kept.
 * - `readList(groups, variant, load)`: a page of a list, kept until one of the groups is invalidated. The variant holds
 *   everything that the page depends on: whose list it is, filters, order, cursor, limit.
 * - `invalidate(change)`: called after the commit and before the answer. It takes at most 50 ms, never throws, and tells
 *   whether Redis confirmed it; if not, this process does not use the cache until it has made the whole of it void, which a
 *   change of more than a thousand entities does in any case. Repeat what must not be missed with `createInvalidation`, which throws.
 */
export const createCache = (options: CacheOptions) => composeCache(options, createParts(options))
