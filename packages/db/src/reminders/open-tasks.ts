import { sql } from 'drizzle-orm'
import { openTask } from '../changes/blocks.ts'

/** The condition of both indexes of reminders: the row of `tasks` is live and open. */
export const isOpen = sql`deleted_at is null and status in ${openTask}`
/** The zone of a task that is due at an instant, as its index has it. */
export const zoneOfTask = sql`coalesce(due_zone, 'UTC')`
