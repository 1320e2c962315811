import { randomUUID } from 'node:crypto'
import { cleanUp, freshRedis, ownRedis, until } from '@goals-tasks/devstack/testing'
import { expect, test } from 'vitest'
import { connectProducer } from '../src/connection.ts'
import { createFeedHints, subscribeToFeedHints } from '../src/feed-hints.ts'

/** Opens a publisher and a subscriber. `hints` are the messages, `changes` the states of the subscription. */
async function open({ url, prefix }: { url: string; prefix: string }) {
  const [publisher, subscriber] = [0, 1].map(() => connectProducer(url, () => undefined))
  if (!publisher || !subscriber) throw new Error('unreachable')
  const hints: (readonly string[] | null)[] = []
  const changes: boolean[] = []
  const subscription = subscribeToFeedHints(
    { connection: subscriber, prefix },
    { onHint: (readers) => hints.push(readers), onChange: (isSubscribed) => changes.push(isSubscribed) },
  )
  cleanUp(async () => {
    await subscription.close()
    for (const connection of [publisher, subscriber]) connection.disconnect()
  })
  await until(() => changes.at(-1) === true && publisher.status === 'ready')
  return { publisher, sender: createFeedHints({ connection: publisher, prefix }), hints, changes, subscription }
}

test('a hint names the readers of events once, and leaves out missing ones', async () => {
  const { sender, hints } = await open(freshRedis())
  const [a, b] = [randomUUID(), randomUUID()]
  sender.push([{ readers: [a, null] }, { readers: [b, a] }])
  await until(() => hints.length > 0)
  expect(hints).toEqual([[a, b]])
})

test('readers of events share a message when they are pushed while another one is on its way', async () => {
  const { sender, hints } = await open(freshRedis())
  const readers = Array.from({ length: 20 }, () => randomUUID())
  for (const reader of readers) sender.push([{ readers: [reader] }])
  await until(() => hints.flat().length === readers.length)
  expect(hints).toEqual([readers.slice(0, 1), readers.slice(1)])
})

test('a hint concerns every reader when it would name more than a thousand', async () => {
  const { sender, hints } = await open(freshRedis())
  sender.push([{ readers: Array.from({ length: 1_500 }, () => randomUUID()) }])
  await until(() => hints.length > 0)
  expect(hints).toEqual([null])
})

test('a subscription ends and returns when Redis hangs or restarts, and lost messages are counted', async () => {
  const redis = await ownRedis()
  const { sender, hints, changes } = await open({ url: redis.url, prefix: 'hints' })
  redis.pause()
  sender.push([{ readers: [randomUUID()] }])
  await until(() => changes.at(-1) === false && sender.lost() === 1)
  redis.resume()
  await until(() => changes.at(-1) === true)
  await redis.stop()
  await until(() => changes.at(-1) === false)
  // Nothing is buffered for a Redis that is away.
  sender.push([{ readers: [randomUUID()] }])
  await redis.start()
  const reader = randomUUID()
  await until(() => changes.at(-1) === true)
  await until(() => {
    sender.push([{ readers: [reader] }])
    return hints.at(-1)?.[0] === reader
  })
})
