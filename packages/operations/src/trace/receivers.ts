import { loadReceiver } from '@goals-tasks/db'
import type { consumersWithReceiver } from '@goals-tasks/events'
import type { Effect } from './effect.ts'

/**
 * The effect of a consumer whose events leave the installation. An event that was committed without a receiver had no
 * delivery. The last change of the receiver is known; an event from before it had the opposite.
 */
export const loadReceived =
  (consumer: (typeof consumersWithReceiver)[number]): Effect =>
  async (db) => {
    const receiver = await loadReceiver(db, consumer)
    return ({ occurredAt }) => {
      const hadReceiver = receiver ? occurredAt > receiver.since === receiver.isPresent : false
      return hadReceiver ? { state: 'done', at: null, notifications: null } : { state: 'no receiver' }
    }
  }
