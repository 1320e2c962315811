import { checkAcknowledgedWrites } from './acknowledged-writes.ts'
import { checkAuditLog } from './audit-log.ts'
import { checkCacheState } from './cache-state.ts'
import type { Check } from './check.ts'
import { checkClientErrors } from './client-errors.ts'
import { checkDeadLetters } from './dead-letters.ts'
import { checkNotifications } from './notifications.ts'
import { checkOwnExits } from './own-exits.ts'
import { checkReads } from './reads.ts'
import { checkReceivedEvents } from './received-events.ts'
import { checkStates } from './states.ts'

/** The invariants of every scenario. `untilQuiet` has already seen that no delivery is left. */
export const checks: readonly Check[] = [
  checkAcknowledgedWrites,
  checkStates,
  checkAuditLog,
  checkNotifications,
  checkReceivedEvents,
  checkReads,
  checkCacheState,
  checkDeadLetters,
  checkClientErrors,
  checkOwnExits,
]
