import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import pino from 'pino'
import { onTestFinished } from 'vitest'
import type { EventType } from '../../src/catalogue.ts'
import { connectProducer } from '../../src/connection.ts'
import { createDispatcher } from '../../src/dispatcher.ts'
import { type JobData, openQueue } from '../../src/queues.ts'
import type { ConsumerName } from '../../src/subscriptions.ts'

type LogLine = { level: string; consumer?: string; events?: number }

/** Opens a dispatcher and access to its queues and to its log. Everything closes with the test. */
export function openDispatcher({ url, prefix }: { url: string; prefix: string }, timing: { maxHoldMs?: number } = {}) {
  const connection = connectProducer(url, () => undefined)
  const lines: LogLine[] = []
  const log = pino(
    { level: 'debug', formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  )
  const dispatcher = createDispatcher({ connection, prefix, log, ...timing })
  const queues = new Map<ConsumerName, ReturnType<typeof openQueue>>()
  const queueOf = (consumer: ConsumerName) => {
    const opened = queues.get(consumer)
    if (opened) return opened
    const queue = openQueue(connection, prefix, consumer)
    queue.on('error', () => undefined)
    queues.set(consumer, queue)
    return queue
  }
  onTestFinished(async () => {
    await dispatcher.close()
    for (const queue of queues.values()) await queue.close()
    connection.disconnect()
  })
  const jobs = async (consumer: ConsumerName): Promise<JobData['events'][]> =>
    (await queueOf(consumer).getJobs(['waiting'], 0, -1, true)).map((job) => job.data.events)
  return { connection, dispatcher, queueOf, jobs, lines, ready: () => until(() => connection.status === 'ready') }
}

/** Returns an event as `dispatch` takes it, with random ids. */
export const newEvent = (type: EventType = 'goal:created') => ({
  id: randomUUID(),
  type,
  aggregateId: randomUUID(),
})
export const newEvents = (count: number) => Array.from({ length: count }, () => newEvent())
