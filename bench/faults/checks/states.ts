import { findViolations } from '@goals-tasks/db/testing'
import type { Check } from './check.ts'

/** Versions have no gaps, rows equal their last events, and the states of goals and tasks fit together. */
export const checkStates: Check = ({ environment }) => findViolations(environment.pool)
