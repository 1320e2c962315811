import { hash } from 'node:crypto'
import { jittered, type ListGroup, lifetimesMs } from '../layout.ts'
import type { CacheRedis } from '../redis/connect.ts'

/** A finished page of a list: its text, the entity tag of that, and what leads to the page after it; the latter two without white space. */
export type ListPage = { text: string; tag: string; next: string | null }

/** Of the value: to be raised when that changes, so that old and new replicas do not misread each other. */
const form = 2

export type Lists = ReturnType<typeof createLists>

export function createLists({ redis, prefix, newMark }: { redis: CacheRedis; prefix: string; newMark: () => string }) {
  return {
    groupKey: (group: ListGroup) => `${prefix}:${group}`,
    key: (groups: readonly [ListGroup, ...ListGroup[]], variant: string) =>
      `${prefix}:${groups[0]}:${hash('sha256', `${form} ${groups.join()} ${variant}`, 'base64url')}`,
    /** Gives a group without a mark a new one: never one that it had before. @returns its mark */
    async plant(key: string): Promise<string> {
      const mark = newMark()
      return (await redis.set(key, mark, 'PX', lifetimesMs.group, 'NX', 'GET')) ?? mark
    },
    /** Overwrites whatever is there: a list counts only under the generation and the marks that it names. */
    async fill(key: string, seen: string, { text, tag, next }: ListPage): Promise<boolean> {
      await redis.set(key, `${seen} ${tag} ${next ?? '-'}\n${text}`, 'PX', jittered(lifetimesMs.list))
      return true
    },
  }
}

/** The page, if it was read under what the reader sees now. */
export function parsePage(stored: string, seen: string): ListPage | undefined {
  if (!stored.startsWith(`${seen} `)) return
  const end = stored.indexOf('\n')
  const [tag = '', next = '-'] = stored.slice(seen.length + 1, end).split(' ')
  return { text: stored.slice(end + 1), tag, next: next === '-' ? null : next }
}
