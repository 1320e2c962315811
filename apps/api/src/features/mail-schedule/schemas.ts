import { annotated, digestIntervals, Nullable, stringEnum, weekDays } from '@goals-tasks/events'
import Type, { type Static } from 'typebox'

const LocalTime = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', minLength: 5, maxLength: 5 })

const QuietHours = Type.Object(
  {
    from: annotated(LocalTime, 'The beginning, as `HH:MM`.', '22:00'),
    until: annotated(LocalTime, 'The end, as `HH:MM`. It is on the next day when it is not after `from`.', '07:00'),
  },
  {
    title: 'QuietHours',
    description: 'The hours in which no mail about a notification is sent to you.',
    additionalProperties: false,
  },
)

const members = {
  digest: stringEnum(digestIntervals, {
    title: 'DigestInterval',
    description: 'How often your notifications are mailed together. `off` sends each by itself, at once.',
    examples: ['daily'],
  }),
  digestTime: annotated(LocalTime, 'The time of a daily or weekly digest, as `HH:MM`. At first 08:00.', '08:00'),
  digestDay: stringEnum(weekDays, {
    title: 'WeekDay',
    description: 'The day of a weekly digest. At first Monday.',
    examples: ['MONDAY'],
  }),
  quietHours: Nullable(QuietHours, {
    description: 'The hours in which no mail about a notification is sent to you, or null.',
    examples: [{ from: '22:00', until: '07:00' }],
  }),
}

const examples = [{ digest: 'daily', digestTime: '08:00', quietHours: { from: '22:00', until: '07:00' } }]

export const MailSchedule = Type.Object(members, {
  title: 'MailSchedule',
  description:
    'When notifications are mailed to you. Times are those of a clock in the zone of your contact, else UTC.',
})
export type MailSchedule = Static<typeof MailSchedule>

const { digest, ...others } = members

/** The body of a request. */
export const NewMailSchedule = Type.Object(
  { digest, ...Type.Partial(Type.Object(others)).properties },
  {
    title: 'NewMailSchedule',
    description: 'Your new schedule. A field that you leave out gets its default.',
    additionalProperties: false,
    examples,
  },
)
export type NewMailSchedule = Static<typeof NewMailSchedule>
