type Statement = 'feed_snapshot' | 'feed_read' | 'feed_look'
/** A text in a statement, and the text in its place. */
type Edit = readonly [text: string, replacement: string]
type Edits = Readonly<Record<Statement, readonly Edit[]>>

/** A simpler cursor than the snapshot. */
export type FeedMutation = 'last-position' | 'oldest-open' | 'no-open'

/** Replaces the snapshot that the statements take as the present one. */
const present = (from: string): Edit => ['then present else', `then (select ${from}) else`]

const inEvery = (edit: Edit): Edits => ({ feed_snapshot: [edit], feed_read: [edit], feed_look: [edit] })

/** The last position is stored as the xmax of a snapshot. */
const nextPosition = present(
  `format('%s:%s:', next, next)::pg_snapshot from (
     select coalesce(max(position), 0) + 1 as next from event_readers) newest`,
)
const isFrom = (snapshot: string) => `position >= pg_snapshot_xmax(${snapshot})::text::bigint`

/** The edits of the statements of `read-feed.ts` that put a simpler cursor in the place of the snapshot. */
const edits: Readonly<Record<FeedMutation, Edits>> = {
  // A position that was given out before another one may commit after it.
  'last-position': {
    feed_snapshot: [nextPosition],
    feed_read: [
      nextPosition,
      ['not pg_visible_in_snapshot(xid, seen)', isFrom('seen')],
      ['xid >= pg_snapshot_xmin(seen) and xid < pg_snapshot_xmin(target)', 'false'],
      ['xid >= pg_snapshot_xmin(target) and pg_visible_in_snapshot(xid, target)', `not ${isFrom('target')}`],
      ['<= pg_snapshot_xmax(pg_current_snapshot()) as is_known', 'is not null as is_known'],
    ],
    feed_look: [
      nextPosition,
      ['xid >= pg_snapshot_xmin(waiting.snapshot::pg_snapshot)', 'true'],
      ['not pg_visible_in_snapshot(xid, waiting.snapshot::pg_snapshot)', isFrom('waiting.snapshot::pg_snapshot')],
    ],
  },
  // The cursor waits for the oldest open transaction.
  'oldest-open': inEvery(
    present(`format('%s:%s:', pg_snapshot_xmin(present), pg_snapshot_xmin(present))::pg_snapshot`),
  ),
  // The cursor forgets which transactions were open.
  'no-open': inEvery(present(`format('%s:%s:', pg_snapshot_xmin(present), pg_snapshot_xmax(present))::pg_snapshot`)),
}

/**
 * Returns a query as the mutation has it. Queries of other names stay as they are.
 * @throws Error when the statement of the feed no longer has a text that the mutation edits
 */
export function mutateFeed<Q extends { name?: string; text?: string }>(mutation: FeedMutation, query: Q): Q {
  const { name = '', text = '' } = query
  if (!isStatement(name)) return query
  // Postgres prepares one text per name and connection.
  return { ...query, name: `${name}-${mutation}`, text: edits[mutation][name].reduce(applyTo, text) }
}

const isStatement = (name: string): name is Statement => name in edits['no-open']

function applyTo(text: string, [from, to]: Edit): string {
  if (!text.includes(from)) throw new Error(`The feed has no longer the text that the mutation edits: ${from}`)
  return text.replaceAll(from, to)
}
