import { auditLog } from './audit-log.ts'
import { type CacheInvalidationDeps, createCacheInvalidation } from './cache-invalidation.ts'
import type { Consumers } from './contract.ts'
import { createEmail, type EmailDeps } from './email/email.ts'
import { notifications } from './notifications/notifications.ts'
import { createSync, type SyncDeps } from './sync/sync.ts'

/**
 * `subscriptions` says which events each consumer gets, `policies` how its queue behaves, and `effects` of
 * packages/operations how `trace` finds what the consumer did.
 */
export const createConsumers = (
  deps: { sync: SyncDeps; email: EmailDeps | undefined } & CacheInvalidationDeps,
): Consumers => ({
  'audit-log': auditLog,
  'cache-invalidation': createCacheInvalidation(deps),
  email: createEmail(deps.email),
  notifications,
  sync: createSync(deps.sync),
})
