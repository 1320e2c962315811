import Type, { type Static } from 'typebox'
import { Id, stringEnum } from './schemas.ts'

/**
 * A mail to a user. It has no address and no text, so no event keeps them: the worker reads them when it sends.
 * `id` is that of the notification of the channel `email`, or of the confirmation.
 */
export const Mail = Type.Object(
  { id: Id, userId: Id, purpose: stringEnum(['notification', 'confirmation'] as const) },
  { title: 'Mail', additionalProperties: false },
)
export type Mail = Static<typeof Mail>
