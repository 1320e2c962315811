import { sql } from 'drizzle-orm'

/** The JSON of a `UserSchedule`, from the row `schedule` of `mail_schedules` and the row `contact` of `contacts`. */
export const scheduleJson = sql`json_build_object(
  'userId', schedule.user_id, 'digest', schedule.digest, 'digestTime', schedule.digest_time,
  'digestDay', schedule.digest_day, 'zone', coalesce(contact.zone, 'UTC'),
  'quietHours', case when schedule.quiet_from is not null
    then json_build_object('from', schedule.quiet_from, 'until', schedule.quiet_until) end)`
