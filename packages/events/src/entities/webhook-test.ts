import Type from 'typebox'
import { Id, Instant } from './schemas.ts'

/** A test of a webhook, which its owner asked for. */
export const WebhookTest = Type.Object(
  {
    id: { ...Id, description: 'The id of the webhook.', examples: ['5d2f8a6b-7c13-4e9a-b0d4-1f6e3c8a9b72'] },
    createdAt: { ...Instant, description: 'The instant of the test, in UTC.', examples: ['2027-01-04T09:30:00.000Z'] },
  },
  { title: 'TestedWebhook', description: 'A webhook that its owner tests.', additionalProperties: false },
)
