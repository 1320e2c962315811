import type { NewMailSchedule } from './schemas.ts'

const hours = { from: '22:00', until: '07:00' }

/** By field of a mail schedule: values that the API refuses. */
export const invalidMailScheduleFields = {
  digest: ['', 'never', 'DAILY', null, 5, {}, ['daily'], '__proto__'],
  digestTime: ['', '8:00', '24:00', '08:60', '08:00:00', '08:00\n', '٠٨:٠٠', null, 8, {}, []],
  digestDay: ['', 'monday', 'MON', null, 1, {}, ['MONDAY']],
  quietHours: [
    ...['22:00', 5, [], {}, { from: '22:00' }, { until: '07:00' }, { ...hours, from: '22' }, { ...hours, until: null }],
    ...[{ from: '22:00', until: '22:00' }, { ...hours, zone: 'UTC' }, [hours]],
  ],
} satisfies Record<keyof NewMailSchedule, unknown[]>
