import { annotated, exampleIds, Id, Instant, Nullable } from '@goals-tasks/events'
import { EmailAddress } from '@goals-tasks/mail/addresses'
import Type, { type Static } from 'typebox'

const exampleZone = 'Europe/Berlin'
const exampleInstant = '2027-01-04T09:30:00.000Z'
const exampleEmail = 'ada@example.com'

const zone = Nullable(Type.String({ minLength: 1, maxLength: 64 }), {
  description: 'The IANA time zone of the user. Null means UTC.',
  examples: [exampleZone],
})
const locale = Nullable(Type.String({ minLength: 1, maxLength: 35 }), {
  description: 'The language of the user, as a BCP 47 tag, or null. Mails are in English at present.',
  examples: ['en-GB'],
})

/** The body of a request. */
export const NewContact = Type.Object(
  {
    email: annotated(EmailAddress, 'The e-mail address, in ASCII.', exampleEmail),
    zone: Type.Optional(zone),
    locale: Type.Optional(locale),
  },
  {
    title: 'NewContact',
    description: 'The contact of a user. Fields that are left out become null.',
    additionalProperties: false,
    examples: [{ email: exampleEmail, zone: exampleZone, locale: 'en-GB' }],
  },
)
export type NewContact = Static<typeof NewContact>

export const Contact = Type.Object(
  {
    userId: annotated(Id, 'The user.', exampleIds.user),
    email: Nullable(Type.String(), {
      description: 'The e-mail address, or null without a contact.',
      examples: [exampleEmail],
    }),
    zone,
    locale,
    verifiedAt: Nullable(Instant, {
      description:
        'The instant at which the address was confirmed, in UTC. Null before: notifications are not sent to it.',
      examples: [exampleInstant],
    }),
    confirmationExpiresAt: Nullable(Instant, {
      description:
        'The instant until which the link in the last confirmation mail works, in UTC. ' +
        'Null when no confirmation is open, also where the installation sends no e-mail.',
      examples: [null],
    }),
  },
  { title: 'Contact', description: 'How a user is reached outside of the application.' },
)

export const ContactParams = Type.Object({ userId: annotated(Id, 'The id of the user.', exampleIds.user) })
