import { randomUUID } from 'node:crypto'
import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import type { Installation } from '../support/installation.ts'
import { createPassingTime } from '../support/passing-time.ts'
import { startReceiver } from '../support/receiver.ts'
import { countRows } from '../support/rows.ts'
import { test } from '../support/test.ts'
import { startWorker } from '../support/test-worker.ts'
import { insertWebhook, loadWebhook } from '../support/webhooks.ts'

const [second, minute] = [1_000, 60_000]
const owner = randomUUID()

/** A request to the receiver, with the time that was skipped before it, and all the time that passed before it. */
type Request = { id: unknown; skippedMs: number; passedMs: number }

/** A wait is skipped except for the part of it that passes by itself. `spread` is its share of chance. */
function expectWaits(requests: readonly Request[], waitsMs: readonly number[], spread: number): void {
  expect(requests).toHaveLength(waitsMs.length + 1)
  for (const [i, waitMs] of waitsMs.entries()) {
    const [one, next] = [requests[i] ?? expect.fail(), requests[i + 1] ?? expect.fail()]
    expect(next.passedMs - one.passedMs).toBeGreaterThanOrEqual(waitMs * (1 - spread) - second / 10)
    expect(next.skippedMs - one.skippedMs).toBeLessThanOrEqual(waitMs * (1 + spread))
  }
}

async function kindsOf({ pool }: Installation): Promise<string[]> {
  const { rows } = await pool.query(`select kind from notifications where channel = 'in-app' order by id`)
  return rows.map(({ kind }) => kind)
}

test('a receiver gets everything when it is well after an hour, and its owner is notified of each change once', async ({
  installation,
  write,
}) => {
  const { pool, dispatcher } = installation
  const time = await createPassingTime(installation, 'sync')
  let requests: Request[] = []
  let isDown = true
  const receiver = await startReceiver((response) => {
    requests.push({ id: receiver.received.at(-1)?.body.id, skippedMs: time.skippedMs(), passedMs: time.passedMs() })
    response.writeHead(isDown ? 503 : 204).end()
  })
  const { id } = await insertWebhook(pool, { ownerId: owner, url: receiver.url, types: ['goal:created'] })
  startWorker(installation, { serve: ['sync', 'notifications'], timings: { reportHealthEveryMs: 20 } })
  const emit = async () => {
    const { events } = await write.goal(owner)
    dispatcher.dispatch(events)
    await dispatcher.flush()
    return events[0]?.id
  }
  const health = async () => (await loadWebhook(pool, id)).health
  const untilNotified = (kinds: readonly string[]) =>
    until(async () => expect(await kindsOf(installation)).toEqual(kinds) ?? true)

  const first = await emit()
  await time.passTo(2 * minute)
  expect(await health()).toBe('degraded')
  await untilNotified(['webhook-degraded'])
  await time.passTo(16 * minute)
  expect(await health()).toBe('suspended')
  await untilNotified(['webhook-degraded', 'webhook-suspended'])
  expect(requests.map((request) => request.id)).toEqual(Array(5).fill(first))
  expectWaits(requests, [5 * second, 30 * second, 2 * minute, 10 * minute], 0.2)

  requests = []
  const others = [await emit(), await emit(), await emit()]
  await time.passTo(60 * minute)
  expectWaits(requests, [30 * second, 2 * minute, 10 * minute, 30 * minute], 0)
  expect(await health()).toBe('suspended')
  isDown = false
  requests = []
  await time.passTo(150 * minute)
  expect(await health()).toBe('healthy')
  expect(requests.map((request) => request.id).toSorted()).toEqual([first, ...others].toSorted())
  expect(await countRows(pool, `deliveries where target = '${id}'`)).toBe(0)
  expect(await countRows(pool, 'dead_letters')).toBe(0)
  await untilNotified(['webhook-degraded', 'webhook-suspended', 'webhook-healthy'])
})
