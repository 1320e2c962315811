import {
  emptySnapshot,
  eventRetentionDays,
  type FeedPage,
  type FeedSnapshot,
  type FeedWindow,
  readFeed,
  takeFeedSnapshot,
} from '@goals-tasks/db'
import { defaultLimit, Problem, rowSeparator } from '@goals-tasks/http'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { type Representation, view } from '../../resource/http/reply.ts'
import { type FeedCursor, formatCursor, parseCursor } from './cursor.ts'
import { type ChangesQuery, feedEntities, feedEntityNames } from './schemas.ts'

type Db = Pick<Deps, 'db'>

/** Events of this time before a snapshot may be invisible in it, because a transaction ends after a minute. */
const marginMs = 60 * 60_000
const maxAgeMs = eventRetentionDays * 24 * 60 * 60_000 - marginMs

/** Lists the events after the cursor that the actor may see. Without a cursor it lists nothing, and begins now. */
export async function listChanges({ db }: Db, actor: Actor, query: ChangesQuery): Promise<Representation> {
  if (query.cursor === undefined) return toPage(actor, [], cursorAt(await takeFeedSnapshot(db)))
  const cursor =
    query.cursor === 'beginning' ? atBeginning(await takeFeedSnapshot(db)) : requireCursor(actor, query.cursor)
  const limit = query.limit ?? defaultLimit
  const page = await readFeed(db, filterOf(actor, query), windowOf(cursor), limit + 1)
  if (isExpired(cursor, page)) throw await expired({ db }, actor)
  const shown = page.rows.slice(0, limit)
  const hasMore = page.rows.length > limit
  const texts = shown.flatMap(({ text }) => (text === null ? [] : [text]))
  return toPage(actor, texts, nextCursor(cursor, { ...page, rows: shown }, hasMore), hasMore)
}

/** Returns the cursor from which a request waits, or undefined when it leads to events already. */
export function cursorToWaitFrom(actor: Actor, { cursor }: ChangesQuery): FeedCursor | undefined {
  const parsed = cursor === undefined ? undefined : parseCursor(actor.id, cursor)
  return parsed?.rest ? undefined : parsed
}

function requireCursor(actor: Actor, text: string): FeedCursor {
  const cursor = parseCursor(actor.id, text)
  if (cursor) return cursor
  throw new Problem(
    'cursor-mismatch',
    'The cursor is none of your feed. Send `cursor=beginning`, or no cursor to begin now.',
  )
}

const cursorAt = ({ epoch, snapshot, takenAtMs }: FeedSnapshot): FeedCursor => ({
  epoch,
  from: { snapshot, takenAtMs: Math.floor(takenAtMs) },
})
const atBeginning = (now: FeedSnapshot): FeedCursor => cursorAt({ ...now, snapshot: emptySnapshot })

const windowOf = ({ from, rest }: FeedCursor): FeedWindow => ({
  from: from.snapshot,
  to: rest?.to.snapshot ?? null,
  after: rest?.after ?? null,
})

/** Returns the kinds of entities whose scope the actor has. */
const readableEntities = ({ admin, scopes }: Actor) =>
  feedEntityNames.filter((name) => admin || scopes.has(feedEntities[name].scope))

const filterOf = (actor: Actor, { types }: ChangesQuery) => ({
  readerId: actor.id,
  entities: readableEntities(actor),
  types: types ?? null,
})

/** A snapshot of another epoch, or of a later time than the database has reached, is from before a restore. */
const isExpired = ({ epoch, from }: FeedCursor, page: FeedPage): boolean =>
  epoch !== page.epoch || !page.isKnown || page.takenAtMs - from.takenAtMs > maxAgeMs

async function expired({ db }: Db, actor: Actor): Promise<Problem> {
  const cursor = formatCursor(actor.id, cursorAt(await takeFeedSnapshot(db)))
  const lists = readableEntities(actor).map((name) => feedEntities[name].list)
  return new Problem(
    'cursor-expired',
    'Events after this cursor are no longer kept. Load the present state, and go on with the cursor in `snapshot`.',
    { extra: { snapshot: { cursor, lists } } },
  )
}

/** Returns the cursor after a page: within its window while that has more, else at the end of the window. */
function nextCursor({ epoch, from, rest }: FeedCursor, page: FeedPage, hasMore: boolean): FeedCursor {
  const to = rest?.to ?? { snapshot: page.snapshot, takenAtMs: Math.floor(page.takenAtMs) }
  const last = page.rows.at(-1)
  if (!hasMore || !last) return { epoch, from: to }
  const { part, xid, position } = last
  return { epoch, from, rest: { to, after: { part, xid, position } } }
}

function toPage(actor: Actor, texts: readonly string[], next: FeedCursor, hasMore = false): Representation {
  const nextCursor = formatCursor(actor.id, next)
  const text = `{"data":[${texts.join(rowSeparator)}],"page":${JSON.stringify({ nextCursor, hasMore })}}`
  return { ...view(text), next: hasMore ? nextCursor : null }
}
