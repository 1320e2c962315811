import Type from 'typebox'
import { exampleIds, Id, Instant } from './schemas.ts'

/** A test of a webhook, which its owner asked for. */
export const WebhookTest = Type.Object(
  {
    id: { ...Id, description: 'The id of the webhook.', examples: [exampleIds.webhook] },
    createdAt: { ...Instant, description: 'The instant of the test, in UTC.', examples: ['2027-01-04T09:30:00.000Z'] },
  },
  { title: 'TestedWebhook', description: 'A webhook that its owner tests.', additionalProperties: false },
)
