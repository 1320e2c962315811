import Type, { type Static } from 'typebox'
import { Id } from './schemas.ts'

/** A mail that has several notifications. It has no address and no text, so no event keeps them. */
export const Digest = Type.Object({ id: Id, userId: Id }, { title: 'Digest', additionalProperties: false })
export type Digest = Static<typeof Digest>

/** How often the notifications of a user are mailed together. */
export const digestIntervals = ['off', 'hourly', 'daily', 'weekly'] as const
/** The days on which a weekly digest may come, in the order of ISO 8601. */
export const weekDays = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const
