/**
 * The keys in Redis, below `<prefix>:`
 *
 * | key | value | lives |
 * |---|---|---|
 * | `generation` | the *global generation* | until it is bumped |
 * | `goal:<id>`, `task:<id>` | an *entry*: `<version> <lease token> <generation> <readers,…>\n<text>` | 1 h |
 * | the same key | a *tombstone*: `<version> <lease token>\n`, after an invalidation | 10 min |
 * | the same key | a *placeholder*: `0 <lease token>\n`, from the first reader that found no value | 10 s |
 * | `goals:user:<id>`, `tasks:goal:<id>`, `tasks:user:<id>` | the lease token of a *list group* | 30 min |
 * | `lists:<holder>:<slot>` | a list: `<hash> <generation> <lease tokens of groups> <tag> <next>\n<text>` | 30 min |
 * | any other key | a plain value, as JSON | as requested |
 *
 * The hash of a list covers the version of the list format, all its groups and the variant. It also chooses the slot.
 * Each holder, usually a user, has 256 slots, so no user's lists fill Redis. A list replaces another one in its slot.
 *
 * Terms:
 * - A *lease token* names one stretch of a key's life. Each token is created once and never used again.
 * - An *invalidation* ends that stretch: the key of an entity gets a tombstone with a new token, and the key of a list
 *   group is deleted.
 * - A *fill* writes what a reader loaded from the database. The reader notes the tokens and the global generation
 *   *before* it queries the database, and its fill counts only under exactly these. A fill that was loaded before a
 *   change and arrives after it is therefore refused (an entity) or never matched (a list). This holds even when Redis
 *   has lost, evicted or rolled back a tombstone meanwhile: a new placeholder or group has a new token.
 * - The *version* of an entity shows which of two invalidations or fills is newer, whichever arrives first.
 * - A *missed key* is one whose invalidation Redis did not confirm. Its process does not read it from the cache until a
 *   repetition of the invalidation was confirmed.
 * - A *bypass* means that a process does not use the cache at all, because a repetition failed too or the connection
 *   was lost. The bypass ends once the global generation has been *bumped*. A bump voids all entries and lists of every
 *   process at once.
 *
 * Each key is read and written on its own, because each may lie on a different node of a Redis Cluster.
 */
export type EntityKind = 'goal' | 'task'

/** A group of lists that become stale together. */
export type ListGroup = `goals:user:${string}` | `tasks:goal:${string}` | `tasks:user:${string}`

export const generationKey = 'generation'

const versioned = /^(?:generation$|(?:goal|task|goals|tasks|lists):)/

/** Returns whether the key belongs to an entity, a list, a list group or the generation: no plain value may use it. */
export const isVersioned = (key: string) => versioned.test(key)

/** Returns the list group that a pattern like `goals:user:<id>*` or `tasks:goal:<id>:*` covers as a whole. */
export function groupOfPattern(pattern: string): ListGroup | undefined {
  const group = /^((?:goals:user|tasks:goal|tasks:user):[^:*?[\]\\]+)(?::?\*)?$/.exec(pattern)?.[1]
  return group as ListGroup | undefined
}

const minute = 60_000
export const lifetimesMs = {
  entity: 60 * minute,
  list: 30 * minute,
  group: 30 * minute,
  /** Longer than any read that began before the invalidation. */
  tombstone: 10 * minute,
  /** Longer than the interval between a lookup and its fill. */
  placeholder: 10_000,
  value: 60 * minute,
}

/** Varies a lifetime by up to ten per cent, so that values stored together do not expire together. */
export const jittered = (ms: number) => Math.round(ms * (0.9 + Math.random() / 5))
