import { type SQL, sql } from 'drizzle-orm'

/** How a change looks to a reader: see the table `event_readers`. */
export type EventVisibility = 'kept' | 'gained' | 'lost'

/**
 * Returns the recorded visibility of an event to `reader`, or the one that its bodies show. Rows of an earlier release
 * have none recorded, and a replayed event of a dropped week has no rows. `bodies` has the columns before and after.
 */
export function visibilityOr(recorded: SQL, reader: SQL, bodies: SQL): SQL {
  const namesReader = (body: SQL) =>
    sql`coalesce(${reader}::text in (${body}->>'ownerId', ${body}->>'assignedTo', ${body}->>'userId'), false)`
  return sql`coalesce(${recorded}, case
    when not ${namesReader(sql`${bodies}.after`)} then 'lost'
    when ${namesReader(sql`${bodies}.before`)} then 'kept' else 'gained'
  end::event_visibility)`
}
