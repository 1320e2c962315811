import type { ConsumerName, JobEvent } from '@goals-tasks/events'
import type { PerTarget } from '../../consumers/contract.ts'
import type { Context } from '../context.ts'
import type { JobResult } from './job-result.ts'
import { recordAttempt } from './retry-or-dead-letter.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'

/** Lets the consumer handle the events of a job, which all have the same target. */
export const runPerTarget = <C extends ConsumerName>(
  context: Context<C>,
  consumer: PerTarget,
  events: readonly JobEvent[],
): Promise<JobResult> =>
  consumer.run({
    target: events[0]?.target ?? '',
    events,
    pool: context.pool,
    log: context.log,
    signal: context.signal,
    onProgress: context.onProgress,
    whileUnavailable: (work) => retryWhileUnavailable(work, context),
    recordFailure: (tx, event, error) => recordAttempt(context, tx, { event, error }),
  })
