import { inSpan, originOf, runFor, SpanKind } from '@goals-tasks/tracing'
import type { Queue } from 'bullmq'
import { type JobData, type JobEvent, maxEventsPerJob } from './queues.ts'

/**
 * Adds jobs for `events` in their order, at most `maxEventsPerJob` of one target to a job.
 * @throws the reply of Redis when it refused a job. Adding is not atomic: other jobs may be in the queue.
 */
export async function enqueueEvents(queue: Queue<JobData>, events: readonly JobEvent[]): Promise<void> {
  const chunks = [...Map.groupBy(events, ({ target }) => target).values()].flatMap(inChunks)
  if (chunks.length === 0) return
  const add = () => queue.addBulk(chunks.map((chunk) => ({ name: titleOf(chunk), data: { events: chunk } })))
  await runFor(
    events.map(({ traceparent }) => originOf(traceparent)),
    () =>
      inSpan(`enqueue ${queue.name}`, { kind: SpanKind.PRODUCER, attributes: spanAttributes(queue.name, events) }, add),
  )
}

function inChunks(events: readonly JobEvent[]): JobEvent[][] {
  const chunks: JobEvent[][] = []
  for (let i = 0; i < events.length; i += maxEventsPerJob) chunks.push(events.slice(i, i + maxEventsPerJob))
  return chunks
}

/** Returns the attributes of a span about events of the queue `name`. */
export const spanAttributes = (name: string, { length }: readonly JobEvent[]) => ({
  'messaging.system': 'bullmq',
  'messaging.destination.name': name,
  'messaging.batch.message_count': length,
})

/** Returns the title of the job in Bull Board. */
export const titleOf = (events: readonly JobEvent[]): string =>
  events.length === 1 ? (events[0]?.type ?? '') : `${events.length} events`
