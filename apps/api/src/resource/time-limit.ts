import type { Executor } from '@goals-tasks/db'
import { unavailable } from '@goals-tasks/http'
import { answers } from '@goals-tasks/observability'

export type ResponseLimits = {
  /** Work that takes longer makes the process check whether Postgres responds. */
  suspectAfterMs: number
  /** How long a request waits for a Postgres that responds but is slow. Its work may still be committed later. */
  answerMs: number
}

export const defaultResponseLimits: ResponseLimits = { suspectAfterMs: 4_000, answerMs: 20_000 }

const late = Symbol('late')

/**
 * Waits for the result of `work`.
 * @throws Problem 503 within five seconds when Postgres hangs, and after `answerMs` in any case
 */
export async function waitInTime<T>(
  { db, responseLimits = defaultResponseLimits }: { db: Executor; responseLimits?: ResponseLimits | undefined },
  work: Promise<T>,
): Promise<T> {
  const { suspectAfterMs, answerMs } = responseLimits
  let result = await within(work, suspectAfterMs)
  if (result === late && (await answers(db.query('select 1')))) result = await within(work, answerMs - suspectAfterMs)
  if (result === late) throw unavailable('The database did not answer in time.')
  return result
}

/** Returns the result of `work`, or `late`. It creates no error in advance: a stack trace costs 6 % of a read. */
function within<T>(work: Promise<T>, ms: number): Promise<T | typeof late> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms, late)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
