import { randomBytes } from 'node:crypto'

/** Creates the secret of an endpoint: `whsec_` and 32 random bytes in base64, as Standard Webhooks writes it. */
export const createWebhookSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`
