import { hash } from 'node:crypto'
import type { FeedPlace } from '@goals-tasks/db'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'

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
  const all = [formatVersion, ownerTag(readerId), epoch, from.snapshot, from.takenAtMs, ...place]
  return Buffer.from(JSON.stringify(all)).toString('base64url')
}

/** Returns the cursor, or undefined when the text is none of this user. */
export function parseCursor(readerId: string, text: string): FeedCursor | undefined {
  const decoded = decode(text)
  return members.Check(decoded) && decoded[1] === ownerTag(readerId) ? toCursor(decoded) : undefined
}

function toCursor(members: Static<typeof Members>): FeedCursor {
  const [, , epoch, snapshot, takenAtMs] = members
  const from = { snapshot, takenAtMs }
  if (members.length === 5) return { epoch, from }
  const [, , , , , to, toTakenAtMs, part, xid, position] = members
  return { epoch, from, rest: { to: { snapshot: to, takenAtMs: toTakenAtMs }, after: { part, xid, position } } }
}

const ownerTag = (readerId: string) => hash('sha256', readerId, 'base64url').slice(0, 12)

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
}
