import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import type { Installation } from '../support/installation.ts'
import { startReceiver } from '../support/receiver.ts'
import { countRows } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { startWorker } from '../support/test-worker.ts'
import { insertWebhook } from '../support/webhooks.ts'
import { createWriter } from '../support/writer.ts'

const hangingCount = 20
const goodCount = 80
const rounds = 3

/** Writes one event for each owner, each dispatched on its own, so that each is a job. */
async function writeRound({ pool, dispatcher }: Installation, owners: readonly string[]): Promise<void> {
  const write = createWriter(pool)
  for (const owner of owners) {
    dispatcher.dispatch((await write.goal(owner)).events)
    await dispatcher.flush()
  }
}

test('eighty webhooks get every event while twenty others never answer', async ({ installation }) => {
  const { pool } = installation
  const hanging = await startReceiver(() => undefined)
  const good = await startReceiver((response) => response.writeHead(204).end())
  const ownersOf = async (count: number, url: string) => {
    const owners = Array.from({ length: count }, () => randomUUID())
    const ids = []
    for (const ownerId of owners) ids.push((await insertWebhook(pool, { ownerId, url })).id)
    return { owners, ids }
  }
  const slow = await ownersOf(hangingCount, hanging.url)
  const quick = await ownersOf(goodCount, good.url)
  // A request never ends by itself, so without the limit per webhook the slots would stay taken.
  startWorker(installation, { serve: ['sync'], sync: { timeoutMs: 3_600_000 } })
  const total = (1 + rounds) * goodCount
  /** Returns how long the good webhooks wait for all their events of a round, in milliseconds. */
  const timeOfRound = async (round: number, others: readonly string[]) => {
    const startedAt = performance.now()
    await writeRound(installation, [...quick.owners, ...others])
    await until(() => good.received.length >= round * goodCount)
    return performance.now() - startedAt
  }
  const aloneMs = await timeOfRound(1, [])

  for (let round = 0; round < rounds; round++) await writeRound(installation, slow.owners)
  await until(() => hanging.received.length >= hangingCount)
  const besideMs = []
  for (let round = 2; round <= 1 + rounds; round++) besideMs.push(await timeOfRound(round, slow.owners))
  // A round beside the others also writes their events: 100 in place of 80.
  const ratio = (Math.min(...besideMs) / aloneMs) * (goodCount / (goodCount + hangingCount))
  console.info(`a round takes ${ratio.toFixed(2)} times as long per written event while twenty webhooks hang`)
  await until(async () => (await countRows(pool, `deliveries where target = any('{${quick.ids}}')`)) === 0)
  expect(new Set(good.received.map(({ body }) => body.id)).size).toBe(total)
  expect(await countRows(pool, 'webhook_attempts')).toBe(total)
  // Two jobs of one event per webhook.
  expect(hanging.received.length).toBeLessThanOrEqual(2 * hangingCount)
})
