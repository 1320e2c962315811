import type pg from 'pg'

/** Makes the deliveries of these events due since `secondsAgo`. */
export const makeDue = (pool: pg.Pool, ids: readonly string[], secondsAgo = 1) =>
  pool.query(`update deliveries set due_at = now() - make_interval(secs => $2) where event_id = any($1)`, [
    ids,
    secondsAgo,
  ])

/** Returns the delivery of an event to sync. `due_in` is in seconds. */
export async function loadSyncDelivery(pool: pg.Pool, eventId: string) {
  const { rows } = await pool.query(
    `select attempts, replays, last_error, extract(epoch from due_at - now())::float8 as due_in from deliveries
     where consumer = 'sync' and event_id = $1`,
    [eventId],
  )
  return rows[0]
}
