import { auditLog } from './audit-log.ts'
import { type CacheInvalidationDeps, createCacheInvalidation } from './cache-invalidation.ts'
import type { Consumers } from './contract.ts'
import type { EmailDeps } from './email/context.ts'
import { createEmail } from './email/email.ts'
import type { NotificationsDeps } from './notifications/insert.ts'
import { createNotifications } from './notifications/notifications.ts'
import { createSync, type SyncDeps } from './sync/sync.ts'

/**
 * `subscriptions` says which events each consumer gets, `policies` how its queue behaves, and `effects` of
 * packages/operations how `trace` finds what the consumer did.
 */
export const createConsumers = (
  deps: { sync: SyncDeps; email: EmailDeps | undefined; notifications: NotificationsDeps } & CacheInvalidationDeps,
): Consumers => ({
  'audit-log': auditLog,
  'cache-invalidation': createCacheInvalidation(deps),
  email: createEmail(deps.email),
  notifications: createNotifications(deps.notifications),
  sync: createSync(deps.sync),
})
