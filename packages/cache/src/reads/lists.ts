import { hash } from 'node:crypto'
import { jittered, type ListGroup, lifetimesMs } from '../layout.ts'
import type { CacheRedis } from '../redis/connect.ts'

/** A finished page of a list: text, entity tag and the cursor of the next page. Tag and cursor contain no spaces. */
export type ListPage = { text: string; tag: string; next: string | null }

/** Raise it whenever the stored value changes, so that old and new replicas do not misread each other. */
const formatVersion = 2

export type Lists = ReturnType<typeof createLists>
type Options = { redis: CacheRedis; prefix: string; newToken: () => string }

export function createLists({ redis, prefix, newToken }: Options) {
  return {
    groupKey: (group: ListGroup) => `${prefix}:${group}`,
    key: (groups: readonly [ListGroup, ...ListGroup[]], variant: string) =>
      `${prefix}:${groups[0]}:${hash('sha256', `${formatVersion} ${groups.join()} ${variant}`, 'base64url')}`,
    /** Gives a group a new lease token if it has none. Returns the token that the group has then. */
    async setIfAbsent(groupKey: string): Promise<string> {
      const token = newToken()
      return (await redis.set(groupKey, token, 'PX', lifetimesMs.group, 'NX', 'GET')) ?? token
    },
    /** Stores a page over any other: it matches only readers that see the same generation and tokens as `seen`. */
    async fill(key: string, seen: string, { text, tag, next }: ListPage): Promise<boolean> {
      await redis.set(key, `${seen} ${tag} ${next ?? '-'}\n${text}`, 'PX', jittered(lifetimesMs.list))
      return true
    },
  }
}

/** Returns the stored page, if it was loaded under the generation and the tokens that the reader sees now. */
export function parsePage(stored: string, seen: string): ListPage | undefined {
  if (!stored.startsWith(`${seen} `)) return
  const end = stored.indexOf('\n')
  const [tag = '', next = '-'] = stored.slice(seen.length + 1, end).split(' ')
  return { text: stored.slice(end + 1), tag, next: next === '-' ? null : next }
}
