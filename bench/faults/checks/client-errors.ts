import { type Check, problemOf } from './check.ts'

/** A scenario that promises it has no failed and no indeterminate request. */
export const checkClientErrors: Check = async ({ ledger, scenario }) => {
  if (!scenario.allowsNoClientError) return []
  const errors = ledger.writes.flatMap(({ requestId, outcome, problem, isNoise }) =>
    outcome === 'ok' || isNoise ? [] : [`${requestId} ${outcome}: ${problem}`],
  )
  return [
    ...problemOf('requests without an acknowledgement', errors),
    ...problemOf('reads without a result', ledger.failedReads),
  ]
}
