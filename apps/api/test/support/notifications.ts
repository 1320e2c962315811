import { randomUUID } from 'node:crypto'
import type pg from 'pg'

type Fields = { kind?: string; channel?: string; minutesAgo?: number; text?: string }

/** Inserts a notification as a worker does. Returns its id. */
export async function insertNotification(pool: pg.Pool, userId: string, fields: Fields = {}): Promise<string> {
  const {
    kind = 'task-assigned',
    channel = 'in-app',
    minutesAgo = 0,
    text = 'You were assigned the task “A task”.',
  } = fields
  const { rows } = await pool.query(
    `insert into notifications
       (user_id, kind, channel, event_id, subject_type, subject_id, title, text, actor_id, created_at)
     values ($1, $2, $3, uuidv7(), 'task', $4, 'A task', $5, $6, now() - make_interval(mins => $7)) returning id`,
    [userId, kind, channel, randomUUID(), text, randomUUID(), minutesAgo],
  )
  return rows[0].id
}
