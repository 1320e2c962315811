import { type Check, problemOf } from './check.ts'

/** A scenario whose processes get over the fault without a restart. */
export const checkOwnExits: Check = async ({ environment: { apis, workers }, scenario }) => {
  if (!scenario.allowsNoExit) return []
  return problemOf(
    'processes that ended by themselves',
    [...apis, ...workers].flatMap(({ unexpectedExits }) => unexpectedExits),
  )
}
