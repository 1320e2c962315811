import { randomUUID } from 'node:crypto'
import { newGoal } from '@goals-tasks/events/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { commitWithin, createCommit } from '../src/changes/commit.ts'
import type { Executor } from '../src/engine/statement.ts'
import { inTransaction } from '../src/engine/transaction.ts'
import { emptySnapshot, type FeedWindow, findReadersWithEvents, readFeed } from '../src/feed/read-feed.ts'
import { committedOf } from './support/committed-of.ts'
import { test } from './support/database-test.ts'
import { type FeedMutation, mutateFeed } from './support/feed-mutations.ts'

type Goal = { values: ReturnType<typeof newGoal>; metadata: { types: readonly ['goal:created']; actorId: string } }

const goalOf = (readerId: string): Goal => ({
  values: newGoal({ userId: readerId }),
  metadata: { types: ['goal:created'], actorId: readerId },
})

/** Commits a goal. @returns the id of its event */
const commitGoal = async (pool: pg.Pool, readerId: string) =>
  committedOf(await createCommit(pool, () => undefined).createGoal(goalOf(readerId))).events[0]?.id ?? ''

/** Writes a goal in a transaction that stays open until `commit` is called. */
async function openTransaction(pool: pg.Pool, readerId: string) {
  const { promise: committing, resolve: commit } = Promise.withResolvers<void>()
  const { promise: written, resolve: report } = Promise.withResolvers<string>()
  const done = inTransaction(
    pool,
    () => undefined,
    async (tx) => {
      report(committedOf(await commitWithin(tx).createGoal(goalOf(readerId))).events[0]?.id ?? '')
      await committing
    },
  )
  return {
    eventId: await written,
    commit() {
      commit()
      return done
    },
  }
}

const idOf = (text: string | null) => (JSON.parse(text ?? '{}') as { id: string }).id

const filter = (readerId: string) => ({ readerId, entities: ['goal'], types: null })

/** Reads everything up to the present snapshot, in pages of two. @returns the ids of the events, and the snapshot */
async function readAll(db: Executor, readerId: string, from = emptySnapshot): Promise<{ ids: string[]; next: string }> {
  const ids: string[] = []
  for (let window: FeedWindow = { from, to: null, after: null }; ; ) {
    const { rows, snapshot } = await readFeed(db, filter(readerId), window, 2)
    ids.push(...rows.map(({ text }) => idOf(text)))
    const last = rows.at(-1)
    if (rows.length < 2 || !last) return { ids, next: snapshot }
    window = { from, to: snapshot, after: last }
  }
}

/** The pool, with the statements of the feed as a mutation has them. */
const withMutation = (pool: pg.Pool, mutation: FeedMutation) => {
  const query = (statement: { name: string; text: string }) => pool.query(mutateFeed(mutation, statement))
  return { query } as unknown as Executor
}

/** Reads while one transaction is open, and after it. @returns how the events arrived */
async function race(pool: pg.Pool, db: Executor = pool) {
  const readerId = randomUUID()
  const before = await readAll(db, readerId)
  const open = await openTransaction(pool, readerId)
  const others = [await commitGoal(pool, readerId), await commitGoal(pool, readerId), await commitGoal(pool, readerId)]
  const during = await readAll(db, readerId, before.next)
  await open.commit()
  const after = await readAll(db, readerId, during.next)
  const last = await readAll(db, readerId, after.next)
  const all = [...during.ids, ...after.ids, ...last.ids]
  return {
    delayed: others.filter((id) => !during.ids.includes(id)).length,
    missed: [...others, open.eventId].filter((id) => !all.includes(id)).length,
    doubled: all.length - new Set(all).size,
  }
}

test('an open transaction delays only its own events, and none is missed or doubled', async ({ pool }) => {
  expect(await race(pool)).toEqual({ delayed: 0, missed: 0, doubled: 0 })
})

test.for<[FeedMutation, object]>([
  ['last-position', { delayed: 0, missed: 1 }],
  // Transactions of other databases delay it as well, so its events may come after the end of the race.
  ['oldest-open', { delayed: 3 }],
  ['no-open', { delayed: 0, missed: 1 }],
])('the race finds a simpler cursor when the mutation is %s', async ([mutation, failure], { pool }) => {
  expect(await race(pool, withMutation(pool, mutation))).toMatchObject({ ...failure, doubled: 0 })
})

test('a reader gets every event once when slow transactions end among fast ones', async ({ pool }) => {
  const readerId = randomUUID()
  const written: string[] = []
  const read: string[] = []
  let isDone = false
  const writeFast = async () => {
    for (let i = 0; i < 60; i++) written.push(await commitGoal(pool, readerId))
  }
  const writeSlow = async () => {
    for (let i = 0; i < 10; i++) {
      const open = await openTransaction(pool, readerId)
      for (let j = 0; j < i; j++) written.push(await commitGoal(pool, readerId))
      await open.commit()
      written.push(open.eventId)
    }
  }
  const follow = async () => {
    for (let cursor: string | undefined, last = false; ; ) {
      last = isDone
      const { ids, next } = await readAll(pool, readerId, cursor)
      read.push(...ids)
      cursor = next
      if (last) return
    }
  }
  const following = follow()
  await Promise.all([writeFast(), writeFast(), writeSlow(), writeSlow()])
  isDone = true
  await following
  expect(read.toSorted()).toEqual(written.toSorted())
})

test('pages of a window stay in its snapshot when events commit between them', async ({ pool }) => {
  const readerId = randomUUID()
  const ids = []
  for (let i = 0; i < 5; i++) ids.push(await commitGoal(pool, readerId))
  const first = await readFeed(pool, filter(readerId), { from: emptySnapshot, to: null, after: null }, 3)
  await commitGoal(pool, readerId)
  const window = { from: emptySnapshot, to: first.snapshot, after: first.rows[2] ?? null }
  const second = await readFeed(pool, filter(readerId), window, 3)
  expect([...first.rows, ...second.rows].map(({ text }) => idOf(text))).toEqual(ids)
})

test('a snapshot is unknown when it is of a later time than the database has reached', async ({ pool }) => {
  const read = (from: string) => readFeed(pool, filter(randomUUID()), { from, to: null, after: null }, 1)
  const { snapshot, isKnown } = await read(emptySnapshot)
  expect(isKnown).toBe(true)
  expect((await read(snapshot)).isKnown).toBe(true)
  expect((await read('4000000000:4000000001:')).isKnown).toBe(false)
})

test('only a reader with new events is found when many wait', async ({ pool }) => {
  const [ada, bob] = [randomUUID(), randomUUID()]
  const { snapshot: from } = await readFeed(pool, filter(ada), { from: emptySnapshot, to: null, after: null }, 1)
  await commitGoal(pool, bob)
  const waiting = [ada, bob].map((readerId) => ({ readerId, from }))
  expect((await findReadersWithEvents(pool, waiting)).found).toEqual([waiting[1]])
})

test('the readers of the previous release get the states that the bodies show', async ({ pool }) => {
  const readerId = randomUUID()
  const id = await commitGoal(pool, readerId)
  await pool.query('update event_readers set visibility = null where event_id = $1', [id])
  await pool.query(
    `insert into event_readers (reader_id, xid, position, event_id)
     select $2, xid, position, event_id from event_readers where event_id = $1`,
    [id, randomUUID()],
  )
  const { rows } = await pool.query('select reader_id as id from event_readers where event_id = $1', [id])
  const removed = await Promise.all(
    rows.map(async (row) => {
      const page = await readFeed(pool, filter(row.id), { from: emptySnapshot, to: null, after: null }, 1)
      return [row.id === readerId, JSON.parse(page.rows[0]?.text ?? '{}').removed]
    }),
  )
  expect(removed.toSorted()).toEqual([
    [false, true],
    [true, false],
  ])
})

test('a read uses the key of the readers when one of them has many events', async ({ pool }) => {
  const readerId = randomUUID()
  const { snapshot } = await readFeed(pool, filter(readerId), { from: emptySnapshot, to: null, after: null }, 1)
  await pool.query(
    `insert into event_readers (reader_id, xid, position, event_id, visibility)
     select $1, pg_current_xact_id(), n, uuidv7(), 'kept' from generate_series(1, 20000) n`,
    [readerId],
  )
  await commitGoal(pool, readerId)
  const { rows } = await readFeed(pool, filter(readerId), { from: snapshot, to: null, after: null }, 5)
  expect(rows).toHaveLength(5)
  const plans: string[] = []
  const explain = async (statement: { text: string; values: unknown[] }) => {
    const { rows } = await pool.query(`explain (analyze) ${statement.text}`, statement.values)
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
    return pool.query(statement)
  }
  await readFeed(
    { query: explain } as unknown as pg.Pool,
    filter(readerId),
    { from: snapshot, to: null, after: rows[4] ?? null },
    5,
  )
  expect(plans[0]).not.toMatch(/Seq Scan on event/)
})
