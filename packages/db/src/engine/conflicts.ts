import { sqlState } from './sql-state.ts'

const serializationFailure = '40001'
const deadlock = '40P01'
const maxTries = 4

/**
 * Runs `attempt`. Repeats it up to three times after a serialization failure or a deadlock. Postgres rolls back a
 * failed attempt, so `attempt` must have no effect outside of Postgres.
 */
export async function retryConflicts<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (tries === maxTries || !isConflict(error)) throw error
    }
  }
}

function isConflict(error: unknown): boolean {
  const state = sqlState(error)
  return state === serializationFailure || state === deadlock
}
