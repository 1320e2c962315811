import { type ConsumerName, policies } from '@goals-tasks/events'
import type { FinishedTrace } from './effect.ts'
import type { FoundJobs, TracedJob } from './find-jobs.ts'
import type { TracedWebhook } from './webhooks.ts'
import type { Work } from './work.ts'

/**
 * The trace of an event at one consumer. `done` and `missing` mean that no work is left. `dead` means that the delivery
 * is a dead letter.
 */
export type ConsumerTrace = {
  consumer: ConsumerName
  /** The webhook of a user that is the target. Absent when the consumer itself is. */
  webhook?: TracedWebhook
} & (FinishedTrace | UnfinishedTrace)

/** `jobs` is null while Redis is away. Only the newest jobs of the states in `partlyRead` were read. */
type UnfinishedTrace = Omit<Work, 'consumer' | 'eventId' | 'target'> & {
  state: 'pending' | 'dead'
  maxAttempts: number
  jobs: TracedJob[] | null
  partlyRead: TracedJob['state'][]
}

/** Returns the trace of unfinished work. `jobs` are those of the consumer, null while Redis is away. */
export function traceUnfinished(
  { consumer, eventId, target, ...work }: Work,
  { jobs, webhook }: { jobs: FoundJobs | null; webhook: TracedWebhook | undefined },
): ConsumerTrace {
  return {
    consumer,
    ...(webhook && { webhook }),
    state: work.deadLetterId === null ? 'pending' : 'dead',
    ...work,
    maxAttempts: policies[consumer].attempts,
    jobs: jobs?.of({ eventId, target }) ?? null,
    partlyRead: jobs?.partlyRead ?? [],
  }
}
