import { defaultLimit, Problem, rowSeparator } from '@goals-tasks/http'
import type { Deps } from '../../deps.ts'
import type { Actor } from '../../resource/actor.ts'
import { type Representation, view } from '../../resource/http/reply.ts'
import { type FeedCursor, formatCursor, parseCursor } from '../../resource/lists/feed-cursor.ts'
import { beginFeed, readChanges, takeSnapshot } from './read.ts'
import type { ChangesQuery } from './schemas.ts'

type Db = Pick<Deps, 'db'>

/** Lists the events after the cursor that the actor may see. Without a cursor it lists nothing, and begins now. */
export async function listChanges(deps: Db, actor: Actor, query: ChangesQuery): Promise<Representation> {
  const cursor = await beginFeed(deps, actor, query.cursor)
  if (!cursor) throw mismatch()
  if (query.cursor === undefined) return toPage(actor, [], cursor)
  const { types, limit = defaultLimit } = query
  const { changes, next, hasMore } = await readChanges(deps, actor, { cursor, types, limit })
  if (!changes) throw await expired(deps, actor)
  const texts = changes.flatMap(({ text }) => (text === null ? [] : [text]))
  return toPage(actor, texts, next, hasMore)
}

/** Returns the cursor from which a request waits, or undefined when it leads to events already. */
export function cursorToWaitFrom(actor: Actor, { cursor }: ChangesQuery): FeedCursor | undefined {
  const parsed = cursor === undefined ? undefined : parseCursor(actor.id, cursor)
  return parsed?.rest ? undefined : parsed
}

const mismatch = () =>
  new Problem('cursor-mismatch', 'The cursor is none of your feed. Send `cursor=beginning`, or no cursor to begin now.')

const expired = async (deps: Db, actor: Actor) =>
  new Problem(
    'cursor-expired',
    'Events after this cursor are no longer kept. Load the present state, and go on with the cursor in `snapshot`.',
    { extra: { snapshot: (await takeSnapshot(deps, actor)).snapshot } },
  )

function toPage(actor: Actor, texts: readonly string[], next: FeedCursor, hasMore = false): Representation {
  const nextCursor = formatCursor(actor.id, next)
  const text = `{"data":[${texts.join(rowSeparator)}],"page":${JSON.stringify({ nextCursor, hasMore })}}`
  return { ...view(text), next: hasMore ? nextCursor : null }
}
