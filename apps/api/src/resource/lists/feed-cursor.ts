import type { FeedPlace } from '@goals-tasks/db'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { decodeCursor, digest, encodeCursor } from './cursor-text.ts'

const formatVersion = 1

const Snapshot = Type.String({ pattern: '^[1-9]\\d{0,18}:[1-9]\\d{0,18}:(\\d{1,19}(,\\d{1,19}){0,63})?$' })
const number = Type.String({ pattern: '^\\d{1,19}$' })
const instantMs = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })

const head = [Type.Literal(formatVersion), Type.String(), Type.Integer(), Snapshot, instantMs] as const
const rest = [Snapshot, instantMs, Type.Union([Type.Literal(0), Type.Literal(1)]), number, number] as const
/** The members of a cursor in their order. */
const Members = Type.Union([Type.Tuple([...head]), Type.Tuple([...head, ...rest])])
const members = Compile(Members)

/** A snapshot and the instant at which it was taken, in Unix milliseconds. */
export type TakenSnapshot = { snapshot: string; takenAtMs: number }

/**
 * A place in the feed of one user. Its events are the ones that were not visible in `from`. Between two pages it also
 * has the snapshot in which the pages end, and the last event before it.
 */
export type FeedCursor = {
  epoch: number
  from: TakenSnapshot
  rest?: { to: TakenSnapshot; after: FeedPlace } | undefined
}

/** Returns the opaque text of a cursor. Only the same user can go on from it. */
export function formatCursor(readerId: string, { epoch, from, rest }: FeedCursor): string {
  const { to, after } = rest ?? {}
  const place = to && after ? [to.snapshot, to.takenAtMs, after.part, after.xid, after.position] : []
  return encodeCursor([formatVersion, digest(readerId), epoch, from.snapshot, from.takenAtMs, ...place])
}

/**
 * Returns the cursor, or undefined when the text is none of this user, or when Postgres would refuse a part of it: one
 * statement looks for the events of all waiting readers, so one bad snapshot would fail the waits of all.
 */
export function parseCursor(readerId: string, text: string): FeedCursor | undefined {
  const decoded = decodeCursor(text)
  if (!members.Check(decoded) || decoded[1] !== digest(readerId)) return undefined
  const cursor = toCursor(decoded)
  return hasValidPlaces(cursor) ? cursor : undefined
}

function toCursor(members: Static<typeof Members>): FeedCursor {
  const [, , epoch, snapshot, takenAtMs] = members
  const from = { snapshot, takenAtMs }
  if (members.length === 5) return { epoch, from }
  const [, , , , , to, toTakenAtMs, part, xid, position] = members
  return { epoch, from, rest: { to: { snapshot: to, takenAtMs: toTakenAtMs }, after: { part, xid, position } } }
}

/** The largest `bigint` of Postgres. */
const maxPosition = 2n ** 63n - 1n

const hasValidPlaces = ({ from, rest }: FeedCursor): boolean =>
  isOrdered(from.snapshot) && (!rest || (isOrdered(rest.to.snapshot) && BigInt(rest.after.position) <= maxPosition))

/** Returns whether xmin is at most xmax, and the open transactions lie between them in ascending order. */
function isOrdered(snapshot: string): boolean {
  const [xmin = 0n, xmax = 0n, ...open] = snapshot.split(/[:,]/).filter(Boolean).map(BigInt)
  return xmin <= xmax && open.every((xid, i) => xid >= xmin && xid < xmax && (i === 0 || xid > (open[i - 1] ?? 0n)))
}
