import { hash } from 'node:crypto'
import { jittered, type ListGroup, lifetimesMs } from '../layout.ts'
import type { CacheRedis } from '../redis/connect.ts'

/** A finished page of a list: text, entity tag and the cursor of the next page. Tag and cursor contain no spaces. */
export type ListPage = { text: string; tag: string; next: string | null }

/**
 * A page of a list. It becomes stale with any of the groups. The variant holds all else that the page depends on: its
 * user, filters, order, cursor and limit. The holder is the user whose slots hold the page, or the goal of a page that
 * users share.
 */
export type ListQuery = { groups: readonly [ListGroup, ...ListGroup[]]; variant: string; holder: string }

const slotsPerHolder = 256

/** Raise it whenever the stored value changes, so that old and new replicas do not misread each other. */
const formatVersion = 3

export type Lists = ReturnType<typeof createLists>
type Options = { redis: CacheRedis; prefix: string; newToken: () => string }

export function createLists({ redis, prefix, newToken }: Options) {
  return {
    groupKey: (group: ListGroup) => `${prefix}:${group}`,
    /** Returns the key of the page's slot, and the hash that distinguishes the page from others in that slot. */
    locate({ groups, variant, holder }: ListQuery): { key: string; digest: string } {
      const digest = hash('sha256', `${formatVersion} ${groups.join()} ${variant}`, 'base64url')
      const slot = Buffer.from(digest, 'base64url').readUInt32BE() % slotsPerHolder
      return { key: `${prefix}:lists:${holder}:${slot}`, digest }
    },
    /** Gives a group a new lease token if it has none. Returns the token that the group has then. */
    async setIfAbsent(groupKey: string): Promise<string> {
      const token = newToken()
      return (await redis.set(groupKey, token, 'PX', lifetimesMs.group, 'NX', 'GET')) ?? token
    },
    /** Stores a page over any other: it matches only readers of the same page that see the same as `seen`. */
    async fill(key: string, seen: string, { text, tag, next }: ListPage): Promise<boolean> {
      await redis.set(key, `${seen} ${tag} ${next ?? '-'}\n${text}`, 'PX', jittered(lifetimesMs.list))
      return true
    },
  }
}

/** Returns the stored page, if `seen` is what it was stored under: its hash, the generation and the tokens. */
export function parsePage(stored: string, seen: string): ListPage | undefined {
  if (!stored.startsWith(`${seen} `)) return
  const end = stored.indexOf('\n')
  const [tag = '', next = '-'] = stored.slice(seen.length + 1, end).split(' ')
  return { text: stored.slice(end + 1), tag, next: next === '-' ? null : next }
}
