import {
  emptySnapshot,
  eventRetentionDays,
  type FeedPage,
  type FeedSnapshot,
  type FeedWindow,
  readFeed,
  takeFeedSnapshot,
} from '@goals-tasks/db'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { type FeedCursor, formatCursor, parseCursor } from '../../resource/lists/feed-cursor.ts'
import { type ChangesQuery, feedEntities, feedEntityNames } from './schemas.ts'

type Db = Pick<Deps, 'db'>

/** How to load the present state when a cursor leads on no longer: a fresh cursor, and the lists. */
export type SnapshotLink = { cursor: string; lists: string[] }

/** A change as its reader may see it, and the cursor after it. `text` is null when the query leaves it out. */
type ReadChange = { text: string | null; cursor: FeedCursor }

/** The changes after a cursor. `next` is undefined when the cursor has expired. */
export type ChangesRead =
  | { changes: ReadChange[]; next: FeedCursor; hasMore: boolean }
  | { changes?: undefined; next?: undefined; hasMore?: undefined }

/** Events of this time before a snapshot may be invisible in it, because a transaction ends after a minute. */
const marginMs = 60 * 60_000
const maxAgeMs = eventRetentionDays * 24 * 60 * 60_000 - marginMs

/** Returns the cursor of a request: the present one without a text. @returns undefined when the text is no cursor */
export async function beginFeed(
  { db }: Db,
  actor: Pick<Actor, 'id'>,
  text: string | undefined,
): Promise<FeedCursor | undefined> {
  if (text === undefined) return cursorAt(await takeFeedSnapshot(db))
  if (text === 'beginning') return cursorAt({ ...(await takeFeedSnapshot(db)), snapshot: emptySnapshot })
  return parseCursor(actor.id, text)
}

/** Reads the changes after a cursor that the actor may see. */
export async function readChanges(
  { db }: Db,
  actor: Actor,
  { cursor, types, limit }: { cursor: FeedCursor; types: ChangesQuery['types'] | undefined; limit: number },
): Promise<ChangesRead> {
  const filter = { readerId: actor.id, entities: readableEntities(actor), types: types ?? null }
  const page = await readFeed(db, filter, windowOf(cursor), limit + 1)
  if (isExpired(cursor, page)) return {}
  const to = cursor.rest?.to ?? { snapshot: page.snapshot, takenAtMs: Math.floor(page.takenAtMs) }
  const { epoch, from } = cursor
  const end: FeedCursor = { epoch, from: to }
  const hasMore = page.rows.length > limit
  const rows = page.rows.slice(0, limit)
  const changes = rows.map(({ text, part, xid, position }, i) => ({
    text,
    // The last change of a window is its end.
    cursor: !hasMore && i === rows.length - 1 ? end : { epoch, from, rest: { to, after: { part, xid, position } } },
  }))
  return { changes, next: changes.at(-1)?.cursor ?? end, hasMore }
}

/** Returns the present cursor, and how to load the state at it. */
export async function takeSnapshot({ db }: Db, actor: Actor): Promise<{ cursor: FeedCursor; snapshot: SnapshotLink }> {
  const cursor = cursorAt(await takeFeedSnapshot(db))
  const lists = readableEntities(actor).map((name) => feedEntities[name].list)
  return { cursor, snapshot: { cursor: formatCursor(actor.id, cursor), lists } }
}

const cursorAt = ({ epoch, snapshot, takenAtMs }: FeedSnapshot): FeedCursor => ({
  epoch,
  from: { snapshot, takenAtMs: Math.floor(takenAtMs) },
})

export const windowOf = ({ from, rest }: FeedCursor): FeedWindow => ({
  from: from.snapshot,
  to: rest?.to.snapshot ?? null,
  after: rest?.after ?? null,
})

/** Returns the kinds of entities whose scope the actor has. */
const readableEntities = ({ admin, scopes }: Actor) =>
  feedEntityNames.filter((name) => admin || scopes.has(feedEntities[name].scope))

/**
 * Returns whether the cursor leads on no longer. A snapshot of another epoch, or of a later time than the database has
 * reached, is from before a restore.
 */
export const isExpired = (
  { epoch, from }: FeedCursor,
  page: Pick<FeedPage, 'epoch' | 'isKnown' | 'takenAtMs'>,
): boolean => epoch !== page.epoch || !page.isKnown || page.takenAtMs - from.takenAtMs > maxAgeMs
