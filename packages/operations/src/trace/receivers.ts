import { loadReceiver } from '@goals-tasks/db'
import type { Effect } from './effect.ts'

/**
 * The effect of `sync`. An event that was committed without a receiver had no delivery. The last change of the receiver
 * is known; an event from before it had the opposite.
 */
export const loadReceived: Effect = async (db) => {
  const receiver = await loadReceiver(db, 'sync')
  return ({ occurredAt }) => {
    const hadReceiver = receiver ? occurredAt > receiver.since === receiver.isPresent : false
    return hadReceiver ? { state: 'done', at: null, notifications: null } : { state: 'no receiver' }
  }
}
