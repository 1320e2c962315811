import { inOneStatement } from '@goals-tasks/db'
import type { ConsumerName, JobEvent } from '@goals-tasks/events'
import type { InSql, WrittenEvent } from '../../consumers/contract.ts'
import type { Context } from '../context.ts'
import { emptyResult, type Failure, type JobResult } from './job-result.ts'
import { retryWhileUnavailable } from './retry-while-unavailable.ts'
import { runTogether } from './run-together.ts'

/**
 * Runs the statement of the consumer for all events, or event by event when it fails for all.
 * @throws AbortError when the process stops
 */
export const runInSql = <C extends ConsumerName>(
  context: Context<C>,
  consumer: InSql,
  events: readonly JobEvent[],
): Promise<JobResult> =>
  runTogether(context, events, async (some) => {
    const ids = some.map((event) => event.id)
    const write = () => inOneStatement(context.pool, (db) => consumer.run(db, ids))
    const written = await retryWhileUnavailable(write, context).finally(() => context.onProgress())
    return toJobResult(some, written)
  })

function toJobResult(events: readonly JobEvent[], written: readonly WrittenEvent[]): JobResult {
  const byId = new Map(written.map((event) => [event.id, event]))
  return {
    ...emptyResult,
    done: written.filter(({ problem }) => problem === null),
    failures: events.flatMap((event) => toFailure(event, byId.get(event.id))),
  }
}

function toFailure(event: JobEvent, written: WrittenEvent | undefined): Failure[] {
  if (!written || written.problem === null) return []
  return [{ event, error: new Error(written.problem), isFinal: written.isMalformed }]
}
