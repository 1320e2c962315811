import type { ReminderKind } from '@goals-tasks/events'
import { sql } from 'drizzle-orm'
import { type Executor, executeOnce } from '../engine/statement.ts'
import { isOpen, zoneOfTask } from './open-tasks.ts'

/** A stretch of time: `from` is part of it, `to` is not. Both are RFC 3339. */
export type ReminderWindow = { from: string; to: string }

type OfDay = { kind: ReminderKind; remindOn: string }
/** Tasks that are due on a day, and whose reminders become due at the same instant. */
export type DaySlot = OfDay & { zone: null; dueDate: string }
/**
 * Tasks of one zone that are due at an instant: from `dueFrom`, and before `dueTo`. When `remindOn` is null, each
 * reminder becomes due 24 hours before its task.
 */
export type InstantSlot = { kind: ReminderKind; remindOn: string | null; zone: string; dueFrom: string; dueTo: string }
export type ReminderSlot = DaySlot | InstantSlot

/**
 * Finds the groups of tasks whose reminders become due within the window, as Postgres sees the tasks now. A task may
 * change before its reminder is made. Reads one index entry per zone, and one per zone whose day begins in the window.
 */
export const planReminders = (db: Executor, { from, to }: ReminderWindow): Promise<ReminderSlot[]> =>
  executeOnce<ReminderSlot>(
    db,
    sql`with recursive ${zones}, begun as (
          select zone, day::date as day
          from (select zone from zones where zone is not null union select 'UTC') present
          cross join lateral generate_series(
            due_day(null, ${from}, zone), due_day(null, ${to}, zone), interval '1 day') day
          where start_of_day(day::date, zone) >= ${from}::timestamptz
            and start_of_day(day::date, zone) < ${to}::timestamptz
        ), slots as (
          select kind, day as remind_on, null as zone, day - days_late as due_date,
                 null::timestamptz as due_from, null::timestamptz as due_to
          from begun cross join ${occasions}
          where zone = 'UTC'
          union all
          select kind, day, zone, null, start_of_day(day - days_late, zone), start_of_day(day - days_late + 1, zone)
          from begun cross join ${occasions}
          where days_late >= 0
          union all
          select 'due-in-a-day', null, zone, null,
                 ${from}::timestamptz + interval '24 hours', ${to}::timestamptz + interval '24 hours'
          from zones where zone is not null
        )
        select kind, remind_on::text as "remindOn", zone, due_date::text as "dueDate",
               rfc3339(due_from) as "dueFrom", rfc3339(due_to) as "dueTo"
        from slots where ${hasTask}
        order by kind, zone nulls first, remind_on`,
    'reminders_plan',
  )

/** Reads the first index entry of each zone. The last row is null. */
const zones = sql`zones(zone) as (
  (select ${zoneOfTask} from tasks where due_at is not null and ${isOpen} order by 1 limit 1)
  union all
  select (select ${zoneOfTask} from tasks
          where due_at is not null and ${isOpen} and ${zoneOfTask} > zones.zone order by 1 limit 1)
  from zones where zones.zone is not null)`

/** The reminders at the beginning of a day, by the number of days since the due day. */
const occasions = sql`(
  values ('due-in-a-day', -1), ('due-today', 0), ('overdue', 1), ('overdue', 2), ('overdue', 3)
) occasion(kind, days_late)`

const hasTask = sql`(
  exists (select from tasks where tasks.due_date = slots.due_date and ${isOpen})
  or exists (select from tasks
             where ${zoneOfTask} = slots.zone and due_at >= slots.due_from and due_at < slots.due_to and ${isOpen}))`
