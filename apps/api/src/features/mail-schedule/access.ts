import type { AccessRule } from '../../resource/http/access.ts'

/** The access rule of mail schedules: each actor has their own, the scope `admin` included. */
export const mailScheduleAccess = { live: '200 200 200 200 200 200 200' } satisfies AccessRule
