/**
 * What lies in Redis, below `<prefix>:`
 *
 * | key | value | lives |
 * |---|---|---|
 * | `generation` | the *global generation* | for ever |
 * | `goal:<id>`, `task:<id>` | an *entry*: `<version> <mark> <generation> <readers,…>\n<text>` | 1 h |
 * | the same key | a *tombstone*: `<version> <mark>\n`, after an invalidation | 10 min |
 * | the same key | a *placeholder*: `0 <mark>\n`, planted by the first reader who found nothing | 10 s |
 * | `goals:user:<id>`, `tasks:goal:<id>`, `tasks:user:<id>` | the mark of a *group* | 30 min |
 * | `<first group>:<hash of form, groups and variant>` | a list: `<generation> <marks of its groups> <tag> <next>\n<text>` | 30 min |
 * | anything else | a plain value, as JSON | as asked for |
 *
 * Terms. A *mark* is a value that was never used before and never will be: it names one stretch of time in the life of
 * a key. An *invalidation* ends that stretch: an entity's key gets a tombstone with a new mark, a group's key goes.
 * A reader takes note of the marks and of the global generation *before* it asks the database; its *fill* counts only
 * under exactly those. So what was read before a change, and is written down after it, is refused (an entity) or is
 * never looked at (a list), also when Redis has lost, evicted or rolled back a tombstone meanwhile. The *version* tells
 * which of two invalidations or fills is newer, whatever order they come in.
 * To *distrust*: a process that may have missed an invalidation uses nothing of the cache until it has *swapped* the
 * global generation, which makes everything written under the old one worthless at once, for everybody.
 *
 * Every key is read and written on its own, so that each may live on another node of a Redis Cluster.
 */
export const entityKinds = ['goal', 'task'] as const
export type EntityKind = (typeof entityKinds)[number]

/** A group of lists that become stale together. */
export type ListGroup = `goals:user:${string}` | `tasks:goal:${string}` | `tasks:user:${string}`

export const generationKey = 'generation'

const versioned = /^(?:generation$|(?:goal|task|goals|tasks):)/

/** Keys that only the versioned calls may touch. */
export const isVersioned = (key: string) => versioned.test(key)

/** The group that a pattern like `goals:user:<id>*` or `tasks:goal:<id>:*` means, all of it. */
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
  /** Longer than a fill may be under way. */
  placeholder: 10_000,
  value: 60 * minute,
}

/** Ten per cent more or less, so that what was filled together does not run out together. */
export const jittered = (ms: number) => Math.round(ms * (0.9 + Math.random() / 5))
