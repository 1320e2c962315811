import { isSubscribed } from '@goals-tasks/events'
import { type Check, problemOf } from './check.ts'

/** The receiver has accepted every event at least once, each with the same id and body, and no other event. */
export const checkReceivedEvents: Check = async ({ environment }) => {
  const { pool, receiver } = environment
  const { rows } = await pool.query<{ id: string; type: string }>('select id, type from events')
  const { rows: dead } = await pool.query<{ id: string }>(
    `select event_id as id from dead_letters where consumer = 'sync'`,
  )
  const deadIds = new Set(dead.map(({ id }) => id))
  const expected = new Set(rows.flatMap(({ id, type }) => (isSubscribed('sync', type) && !deadIds.has(id) ? [id] : [])))
  return [
    ...problemOf(
      'events that the receiver did not get',
      [...expected].filter((id) => !receiver.accepted.has(id)),
    ),
    ...problemOf(
      'received events that do not exist',
      [...receiver.accepted.keys()].filter((id) => !expected.has(id)),
    ),
    ...problemOf('events that arrived with two bodies', [...receiver.contradictory]),
  ]
}
