import type { FeedMutation } from '@goals-tasks/db/testing'
import { until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { differencesOf, loadEventIds } from './feed/compare.ts'
import { send } from './feed/load.ts'
import { type Feed, startFeed, whileOpen, writeAll } from './feed/start.ts'

/** Creates a goal of each user. Resolves when each client has it, and so every event that committed before it. */
async function untilLastArrives({ writers, clients }: Feed, timeoutMs: number): Promise<void> {
  const last = new Map<string, string>()
  for (const writer of writers)
    last.set(writer.user.id, (await send(writer, ['POST', '/v1/goals'], { title: 'Last' })).eventId)
  await until(() => clients.every(({ userId, ids }) => ids.includes(last.get(userId) ?? '')), { timeoutMs })
}

type Outcome = 'get every event at once' | 'lose the events of late commits' | 'wait for an open transaction'

/** The cursors, and how their clients fare. Without a mutation the cursor is the one of the product. */
const cursors: { cursor: string; mutation?: FeedMutation; outcome: Outcome }[] = [
  { cursor: 'a snapshot', outcome: 'get every event at once' },
  { cursor: 'the last position', mutation: 'last-position', outcome: 'lose the events of late commits' },
  { cursor: 'the oldest open transaction', mutation: 'oldest-open', outcome: 'wait for an open transaction' },
  {
    cursor: 'a snapshot without its open transactions',
    mutation: 'no-open',
    outcome: 'lose the events of late commits',
  },
]

test.for(cursors)('clients $outcome when the cursor is $cursor', async ({ outcome, mutation }) => {
  const feed = await startFeed({ seed: 1, users: 3, clientsPerUser: 3, ...(mutation && { mutation }) })
  await writeAll(feed, { fast: 60, slow: 10 })
  let arrivesMeanwhile = false
  await whileOpen(feed, async () => {
    // A client that waits for the transaction gets nothing, however long this waits.
    const timeoutMs = outcome === 'wait for an open transaction' ? 3_000 : 60_000
    arrivesMeanwhile = await untilLastArrives(feed, timeoutMs).then(
      () => true,
      () => false,
    )
  })
  const committed = await loadEventIds(feed.pool)
  await untilLastArrives(feed, 60_000)
  const differences = differencesOf(feed.clients, committed)
  expect(differences.filter(({ doubled, resets }) => doubled + resets > 0)).toEqual([])
  const isComplete = differences.every(({ missing }) => missing === 0)
  expect({ arrivesMeanwhile, isComplete }).toEqual({
    arrivesMeanwhile: outcome !== 'wait for an open transaction',
    isComplete: outcome !== 'lose the events of late commits',
  })
})
