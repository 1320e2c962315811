import { until } from '@goals-tasks/devstack/testing'
import type pg from 'pg'
import type { FeedClient } from './clients.ts'

/** The ids of the events of each reader. */
type Expected = ReadonlyMap<string, readonly string[]>

/** Returns the ids of the events of each reader, as Postgres has them. */
export async function loadEventIds(pool: pg.Pool): Promise<Expected> {
  const { rows } = await pool.query<{ reader: string; ids: string[] }>(
    'select reader_id as reader, array_agg(event_id::text order by event_id) as ids from event_readers group by 1',
  )
  return new Map(rows.map(({ reader, ids }) => [reader, ids]))
}

/**
 * Resolves when the worker has handled all events, so that no further ones come. The leases of the deliveries end at
 * once, except of those that the worker handles at the moment.
 */
export async function untilHandled(pool: pg.Pool): Promise<void> {
  await pool.query(
    `update deliveries set due_at = now() - interval '1 second'
     where ctid = any(array(select ctid from deliveries for update skip locked))`,
  )
  await until(async () => (await pool.query('select from deliveries limit 1')).rowCount === 0, {
    describe: 'the worker has handled all events',
  })
}

/** Returns how clients differ from Postgres: events that they miss, that came twice, and that are not theirs. */
export const differencesOf = (clients: readonly FeedClient[], expected: Expected) =>
  clients.flatMap(({ transport, userId, ids, resets }) => {
    const wanted = expected.get(userId) ?? []
    const got = new Set(ids)
    const missing = wanted.filter((id) => !got.has(id)).length
    const difference = { missing, doubled: ids.length - got.size, unknown: got.size - (wanted.length - missing) }
    const isRight = resets() === 0 && Object.values(difference).every((count) => count === 0)
    return isRight ? [] : [{ transport, ...difference, resets: resets(), of: wanted.length }]
  })

/** Resolves when each client has exactly the events of its user. */
export async function untilAllHave(clients: readonly FeedClient[], expected: Expected): Promise<void> {
  await until(() => differencesOf(clients, expected).length === 0, {
    describe: () => `each client has every event once, but ${JSON.stringify(differencesOf(clients, expected))}`,
  })
}
