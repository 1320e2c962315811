import { unavailable } from '@goals-tasks/http'
import { answers } from '@goals-tasks/observability'
import pTimeout, { TimeoutError } from 'p-timeout'
import type { Deps } from '../deps.ts'

const defaultLimits = {
  /** Work that takes longer makes the process check whether Postgres responds. */
  suspectAfterMs: 4_000,
  /** How long a request waits for a Postgres that responds but is slow. Its work may still be committed later. */
  answerMs: 20_000,
}

/**
 * Waits for the result of `work`.
 * @throws Problem 503 within five seconds when Postgres hangs, and after `answerMs` in any case
 */
export async function waitInTime<T>(
  { db }: Pick<Deps, 'db'>,
  work: Promise<T>,
  { suspectAfterMs, answerMs } = defaultLimits,
): Promise<T> {
  try {
    return await pTimeout(work, { milliseconds: suspectAfterMs })
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
  }
  const refuse = () => Promise.reject(unavailable('The database did not answer in time.'))
  if (!(await answers(db.query('select 1')))) return refuse()
  return pTimeout(work, { milliseconds: answerMs - suspectAfterMs, fallback: refuse })
}
