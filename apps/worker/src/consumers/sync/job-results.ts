import { finishDeliveries } from '@goals-tasks/db'
import type { JobEvent } from '@goals-tasks/events'
import { emptyResult, type JobResult } from '../../runtime/processing/job-result.ts'
import type { TargetJob } from '../contract.ts'

/** Ends deliveries of events that need no effect, for example because the webhook was deleted. */
export async function endDeliveries(
  { pool, target, whileUnavailable }: TargetJob,
  events: readonly JobEvent[],
): Promise<JobResult> {
  const ids = events.map(({ id }) => id)
  return { ...emptyResult, skipped: await whileUnavailable(() => finishDeliveries(pool, 'sync', ids, target)) }
}

/** Lets events come again after `waitMs`. It spends no attempt. */
export function snooze(events: readonly JobEvent[], waitMs: number, reason: string): JobResult {
  const until = new Date(Date.now() + waitMs)
  return { ...emptyResult, snoozed: events.map((event) => ({ event, until, reason })) }
}
