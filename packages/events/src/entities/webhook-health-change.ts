import Type, { type Static } from 'typebox'
import { Id, Instant, Nullable, stringEnum } from './schemas.ts'

/** From the best to the worst. */
export const webhookHealths = ['healthy', 'degraded', 'suspended', 'disabled'] as const
export type WebhookHealth = (typeof webhookHealths)[number]

/** A change of the health of a webhook, for its owner. An erasure of a user reads these members. */
export const WebhookHealthChange = Type.Object(
  {
    id: Id,
    /** The owner of the webhook. */
    userId: Id,
    /** Its description, or its host without one. */
    title: Type.String(),
    /** The health that the owner knew. */
    before: stringEnum(webhookHealths),
    after: stringEnum(webhookHealths),
    /** Since when it has this health. */
    since: Instant,
    /** Why it is disabled. `admin`: another user, with the scope `admin`, disabled it. */
    cause: Nullable(stringEnum(['gone', 'failing', 'admin'] as const)),
    /** Why its last request failed. Null when it succeeded. */
    error: Nullable(Type.String()),
  },
  { title: 'WebhookHealthChange', additionalProperties: false },
)
export type WebhookHealthChange = Static<typeof WebhookHealthChange>
