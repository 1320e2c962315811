import { annotated, exampleIds, Id, Instant, Nullable, stringEnum, webhookHealths } from '@goals-tasks/events'
import { maxFilterLength, maxUrlLength } from '@goals-tasks/webhooks'
import Type, { type Static } from 'typebox'
import { Version } from '../../resource/fields.ts'
import { webhookEventTypes } from './states.ts'

/** In code points. */
export const maxDescriptionLength = 500

const WebhookEventType = stringEnum(webhookEventTypes, {
  title: 'WebhookEventType',
  description: 'The type of an event that a webhook can get.',
  examples: ['task:completed'],
})
const url = Type.String({
  ...{ minLength: 1, maxLength: maxUrlLength, pattern: '^[Hh][Tt][Tt][Pp][Ss]?://' },
  description:
    'The address that gets the events, by `https` or `http`, without user name, password and fragment. ' +
    'Its host must be on the public internet.',
  examples: ['https://hooks.example/goals-tasks'],
})
const description = Type.String({
  maxLength: maxDescriptionLength,
  description: 'A text by which people recognize the webhook.',
  examples: ['Deploys the site'],
})
const types = Type.Unsafe<string[] | null>({
  ...Type.Array(WebhookEventType, { minItems: 1, maxItems: webhookEventTypes.length, uniqueItems: true }),
  type: ['array', 'null'],
  description: 'The types of the events that it gets. Null means all. Each needs the read scope of its entity.',
  examples: [['task:completed']],
})
const filter = Nullable(Type.String({ minLength: 1, maxLength: maxFilterLength }), {
  description:
    'An expression over the entity before and after the event, such as `changed(status)`. ' +
    'The webhook gets the events of which it is true. Null means every event of its types.',
  examples: ['after.priority in ["CRITICAL", "HIGH"]'],
})
const enabled = Type.Boolean({
  description: 'Whether the webhook gets events. A webhook that is enabled again begins healthy.',
  examples: [true],
})

export const NewWebhook = Type.Object(
  {
    url,
    description: Type.Optional(description),
    types: Type.Optional(types),
    filter: Type.Optional(filter),
    enabled: Type.Optional(enabled),
  },
  {
    title: 'NewWebhook',
    description: 'The fields of a new webhook.',
    additionalProperties: false,
    examples: [
      {
        url: 'https://hooks.example/goals-tasks',
        description: 'Deploys the site',
        types: ['task:completed'],
        filter: 'after.priority in ["CRITICAL", "HIGH"]',
      },
    ],
  },
)
export type NewWebhook = Static<typeof NewWebhook>

export const WebhookPatch = Type.Object(
  { ...Type.Partial(NewWebhook).properties, version: Type.Optional(Version) },
  {
    title: 'WebhookPatch',
    description: 'The fields of a webhook to change.',
    additionalProperties: false,
    examples: [{ enabled: false }],
  },
)
export type WebhookPatch = Static<typeof WebhookPatch>

const instantOrNull = (description: string) => Nullable(Instant, { description, examples: [null] })

const fields = {
  id: annotated(Id, 'The id of the webhook.', exampleIds.webhook),
  ...{ url, description, types, filter, enabled },
  health: stringEnum(webhookHealths, {
    title: 'WebhookHealth',
    description:
      'How the webhook fares. `degraded`: its last request failed. `suspended`: it gets a request now and then, ' +
      'until one succeeds. `disabled`: it gets nothing.',
    examples: ['healthy'],
  }),
  disabledCause: Nullable(stringEnum(['owner', 'gone', 'failing']), {
    title: 'WebhookDisabledCause',
    description:
      'Why the webhook is disabled: by its owner, because its address answered 410, or because it failed for days. ' +
      'Null while it is enabled.',
    examples: [null],
  }),
  disabledAt: instantOrNull('The instant since which it is disabled, or null.'),
  failingSince: instantOrNull('The first failure after the last success, or null.'),
  suspendedUntil: instantOrNull('The next request to a suspended webhook, or null.'),
  pausedAt: instantOrNull(
    'The instant since which the operators of the installation have paused the webhook, or all webhooks, or null. ' +
      'Its events wait.',
  ),
  previousSecretUntil: instantOrNull(
    'The instant until which requests carry the signature of the previous secret too. Null without a previous secret.',
  ),
  createdAt: annotated(Instant, 'The instant of the creation, in UTC.', '2027-01-04T09:30:00.000Z'),
  updatedAt: annotated(Instant, 'The instant of the last change by its owner, in UTC.', '2027-01-04T09:30:00.000Z'),
  version: Type.Integer({ description: 'The number of the current version.', examples: [1] }),
}

export const Webhook = Type.Object(fields, { title: 'Webhook', description: 'A webhook without its secret.' })

export const WebhookWithSecret = Type.Object(
  {
    ...fields,
    secret: Type.Optional(
      Type.String({
        description:
          'The secret that signs the requests. Only this response contains it. ' +
          'A response that is repeated for an `Idempotency-Key` leaves it out.',
        examples: ['whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='],
      }),
    ),
  },
  { title: 'WebhookWithSecret', description: 'A webhook with its new secret.' },
)

export const WebhookParams = Type.Object({ webhookId: annotated(Id, 'The id of the webhook.', exampleIds.webhook) })
