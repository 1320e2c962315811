import type { ConsumerName, JobEvent } from '@goals-tasks/events'
import pMap from 'p-map'
import type { Context } from '../context.ts'
import { emptyResult, type JobResult } from './job-result.ts'
import { MalformedEvent } from './parse-event.ts'

const parallelSingles = 4

/**
 * Calls `attempt` for all events together. When that fails, calls it for each event on its own, so a bad event does not
 * hold up the others. An attempt that throws has no effect.
 * @throws AbortError when the process stops
 */
export async function runTogether<C extends ConsumerName>(
  context: Context<C>,
  events: readonly JobEvent[],
  attempt: (events: readonly JobEvent[]) => Promise<JobResult>,
): Promise<JobResult> {
  context.signal.throwIfAborted()
  try {
    return await attempt(events)
  } catch (error) {
    const [event] = events
    if (context.signal.aborted || event === undefined) throw error
    if (events.length === 1)
      return { ...emptyResult, failures: [{ event, error, isFinal: error instanceof MalformedEvent }] }
  }
  const results = await pMap(events, (event) => runTogether(context, [event], attempt), {
    concurrency: parallelSingles,
  })
  return {
    ...emptyResult,
    done: results.flatMap((result) => result.done),
    failures: results.flatMap((result) => result.failures),
  }
}
