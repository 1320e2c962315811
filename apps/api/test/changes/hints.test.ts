import { randomUUID } from 'node:crypto'
import { cleanUp, until } from '@goals-tasks/devstack/testing'
import { connectProducer, subscribeToFeedHints } from '@goals-tasks/events'
import { expect } from 'vitest'
import { createHub, type Hub, type SubscribeToHints } from '../../src/features/changes/hub.ts'
import type { Place } from '../../src/features/changes/waiters.ts'
import { test } from '../support/test.ts'
import type { TestApp } from '../support/test-app.ts'

const never = (): Place => ({ cursor: { epoch: 1, from: { snapshot: '9000000000:9000000000:', takenAtMs: 0 } } })
const raise = (err: unknown): never => {
  throw err
}

/** Creates a hub whose hints the test sends, and a way to count its queries. */
function createHinted(db: TestApp['pool']) {
  let listeners: Parameters<SubscribeToHints>[0] | undefined
  let queries = 0
  const query = (...given: Parameters<TestApp['pool']['query']>) => {
    queries++
    return db.query(...given)
  }
  const hub = createHub({ query } as unknown as typeof db, {
    onError: raise,
    everyMs: 100_000,
    subscribe(given) {
      listeners = given
      return { close: async () => undefined }
    },
  })
  listeners?.onChange(true)
  return { hub, listeners, queries: () => queries }
}

function listen({ hub }: { hub: Hub }, readerId: string) {
  const listener = hub.admit(readerId)
  if (typeof listener === 'string') throw new Error(`refused: ${listener}`)
  return listener
}

test('a hint ends the waits of its readers alone, and asks Postgres for nothing', async ({ api }) => {
  const hinted = createHinted(api.pool)
  const [ada, bob] = [randomUUID(), randomUUID()]
  const ended: string[] = []
  const waits = [ada, ada, bob].map((id) =>
    listen(hinted, id)
      .wait(never())
      .then(() => ended.push(id)),
  )
  hinted.listeners?.onHint([ada, randomUUID()])
  await Promise.all(waits.slice(0, 2))
  expect(ended).toEqual([ada, ada])
  expect(hinted.queries()).toBe(0)
  await hinted.hub.close()
})

test('a hint ends the next wait when it arrives while the connection reads', async ({ api }) => {
  const hinted = createHinted(api.pool)
  const reader = randomUUID()
  const listener = listen(hinted, reader)
  hinted.listeners?.onHint([reader])
  await listener.wait(never())
  const wait = listener.wait(never()).then(() => 'ended')
  expect(await Promise.race([wait, Promise.resolve().then(() => 'waiting')])).toBe('waiting')
  await hinted.hub.close()
})

test('Postgres is asked at once when hints arrive again, and when a hint concerns every reader', async ({ api }) => {
  const hinted = createHinted(api.pool)
  const wait = listen(hinted, randomUUID()).wait(never())
  hinted.listeners?.onChange(false)
  hinted.listeners?.onChange(true)
  await until(() => hinted.queries() === 2)
  hinted.listeners?.onHint(null)
  await until(() => hinted.queries() === 3)
  await hinted.hub.close()
  await wait
})

test('a committed change ends the wait of its reader in another process by its hint alone', async ({ api, ada }) => {
  const connection = connectProducer(api.redis.url, raise)
  cleanUp(async () => connection.disconnect())
  let isSubscribed = false
  const hub = createHub(api.pool, {
    ...{ onError: raise, everyMs: 100_000, withoutHintsMs: 100_000 },
    subscribe: ({ onHint, onChange }) =>
      subscribeToFeedHints(
        { connection, prefix: api.redis.prefix },
        {
          onHint,
          onChange(value) {
            isSubscribed = value
            onChange(value)
          },
        },
      ),
  })
  await until(() => isSubscribed)
  const listener = listen({ hub }, ada.id)
  const wait = listener.wait(never())
  await ada.createGoal()
  await wait
  await hub.close()
})
