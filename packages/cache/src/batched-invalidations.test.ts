import { expect, test } from 'vitest'
import { createBatchedInvalidations } from './batched-invalidations.ts'
import type { Invalidation } from './invalidation.ts'

function record() {
  const sent: Invalidation[] = []
  const send = createBatchedInvalidations(async (change) => sent.push(change))
  return { sent, send }
}

const changeOf = (entities: number): Invalidation => ({
  entities: Array.from({ length: entities }, (_, i) => ({ kind: 'task' as const, id: `t${i}`, version: 2 })),
})

const sizes = (sent: readonly Invalidation[]) => sent.map(({ entities = [] }) => entities.length)

test('a batch takes no further change when it has 500 keys', async () => {
  const { sent, send } = record()
  await Promise.all(Array.from({ length: 12 }, () => send(changeOf(50))))
  expect(sizes(sent)).toEqual([500, 100])
})

test('a change is sent alone and at once when it has more than 500 keys', async () => {
  const { sent, send } = record()
  const small = send(changeOf(1))
  const large = send(changeOf(501))
  expect(sizes(sent)).toEqual([501])
  await Promise.all([small, large])
  expect(sizes(sent)).toEqual([501, 1])
})

test('a change joins no batch when an earlier turn has begun it', async () => {
  const { sent, send } = record()
  await send(changeOf(1))
  await send(changeOf(2))
  expect(sizes(sent)).toEqual([1, 2])
})
