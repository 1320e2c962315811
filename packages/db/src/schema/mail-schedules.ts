import { pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** When a user wants mails. Times are those of a clock in the zone of the contact, as `HH:MM`. No row: at once. */
export const mailSchedules = pgTable('mail_schedules', {
  userId: uuid('user_id').primaryKey(),
  /** `off`, `hourly`, `daily` or `weekly`. */
  digest: text('digest').notNull(),
  digestTime: text('digest_time').notNull(),
  /** The day of a weekly digest: `MONDAY` to `SUNDAY`. */
  digestDay: text('digest_day').notNull(),
  /** Both are null without quiet hours. Quiet hours that end before they begin pass midnight. */
  quietFrom: text('quiet_from'),
  quietUntil: text('quiet_until'),
  updatedAt: instant('updated_at').notNull().defaultNow(),
})
