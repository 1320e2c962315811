import { auditLog } from './audit-log.ts'
import { cacheInvalidation } from './cache-invalidation.ts'
import { notifications } from './notifications.ts'
import { sync } from './sync.ts'
import type { Consumers } from './types.ts'

/** Which events each of them isSubscribed stands in `subscriptions`, how its queue behaves in `policies`. */
export const consumers: Consumers = {
  'audit-log': auditLog,
  'cache-invalidation': cacheInvalidation,
  notifications,
  sync,
}
