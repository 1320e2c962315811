import { inTransaction, reportWebhookHealth } from '@goals-tasks/db'
import type { Publishing } from '../runtime/recovery/with-lock.ts'

const webhooksPerBatch = 500
/** The next run goes on where this one stopped. */
const maxBatchesPerRun = 200

/**
 * Emits an event for each change of the health of a webhook that its owner is to be notified of. Processes that look at
 * the same time report different webhooks.
 */
export async function reportHealth({ pool, publish, signal }: Publishing & { signal: AbortSignal }): Promise<void> {
  for (let batch = 0; batch < maxBatchesPerRun && !signal.aborted; batch++) {
    const count = await inTransaction(pool, publish, (tx) => reportWebhookHealth(tx, webhooksPerBatch))
    if (count < webhooksPerBatch) return
  }
}
