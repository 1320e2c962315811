import { type ConsumerName, openQueue } from '@goals-tasks/events'
import type { Installation } from './installation.ts'

/** Opens the queue of a consumer for a test to look into. It closes with the test. */
export function queueOf({ producer, prefix, closeFirst }: Installation, consumer: ConsumerName) {
  const queue = openQueue(producer, prefix, consumer)
  queue.on('error', () => undefined)
  closeFirst(() => queue.close())
  return queue
}
