import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { until } from '@goals-tasks/devstack/testing'
import type { SyncDeps } from '../../src/consumers/sync/sync.ts'
import { startReceiver } from './receiver.ts'
import { countRows } from './rows.ts'
import { loadRun, quickRuns } from './sync-runs.ts'
import { test as base } from './test.ts'
import { startWorker } from './test-worker.ts'
import { insertWebhook } from './webhooks.ts'

type Answer = (response: ServerResponse, nth: number) => void
export const accept: Answer = (response) => response.writeHead(204).end()
export const refuse = (response: ServerResponse, status = 422) => response.writeHead(status).end()

/** A user with goals and tasks from before the webhook, and a receiver. */
export const test = base.extend('user', async ({ installation, write }) => {
  const { pool } = installation
  const ownerId = randomUUID()
  const startWebhook = async (answer: Answer = accept, filter: string | null = null) => {
    const receiver = await startReceiver(answer)
    return { ...(await insertWebhook(pool, { ownerId, url: receiver.url, filter })), ...receiver, ownerId }
  }
  return {
    ownerId,
    startWebhook,
    write: (count: number) => Promise.all(Array.from({ length: count }, (_, n) => write.goal(ownerId, `goal ${n}`))),
    work: (sync: Partial<SyncDeps> = {}) =>
      startWorker(installation, {
        ...{ serve: ['sync'], timings: { sweepEveryMs: 50, stalledCheckEveryMs: 100 } },
        sync: { runLimits: quickRuns, ...sync },
      }),
    async untilOver(runId: string) {
      await until(async () => (await countRows(pool, `deliveries where target <> ''`)) === 0)
      return loadRun(pool, runId)
    },
  }
})
