import { type OwnCluster, ownRedisCluster } from '@goals-tasks/devstack/testing'
import { beforeAll, expect, test } from 'vitest'
import { openCache } from './testing/open-cache.ts'
import { raceFills, raceLists, raceOutages, twoProcesses } from './testing/races.ts'
import { playStories } from './testing/stories.ts'

let cluster: OwnCluster
beforeAll(async () => {
  cluster = await ownRedisCluster()
})
const fresh = () => ({ url: cluster.url, prefix: crypto.randomUUID() })

test('fills, lists and outages race on a cluster as on one Redis', async () => {
  expect(await raceFills(await twoProcesses(fresh()), 300)).toBe(0)
  expect(await raceLists(await twoProcesses(fresh()), 300)).toBe(0)
  expect(await raceOutages(await twoProcesses(fresh()), 300)).toBe(0)
})

test('no read returns less than was acknowledged, whatever happens to the nodes', async () => {
  const { hits, refused, swaps } = await playStories(cluster, 30)
  expect(Math.min(hits, refused, swaps)).toBeGreaterThan(0)
})

test('a change of many entities and scopes reaches every node', async () => {
  const cache = await openCache(fresh())
  const ids = Array.from({ length: 300 }, (_, i) => `${i}`)
  const readAll = (version: number) =>
    Promise.all(
      ids.map((id) => cache.readEntity('task', id, 'ada', async () => ({ version, text: id, readers: ['ada'] }))),
    )
  await readAll(1)
  await cache.settled()
  const entities = ids.map((id) => ({ kind: 'task' as const, id, version: 2 }))
  const scopes = ids.map((id) => `tasks:goal:${id}` as const)
  expect(await cache.invalidate({ entities, scopes })).toBe(true)
  expect((await readAll(2)).map((found) => found?.version)).toEqual(ids.map(() => 2))
})

test('one address is enough when its scheme says that it is a cluster', async () => {
  const [node = ''] = cluster.url.split(',')
  const cache = await openCache({ ...fresh(), url: node.replace('redis:', 'redis+cluster:') })
  for (const key of ['a', 'b', 'c', 'd']) await cache.set(key, key)
  for (const key of ['a', 'b', 'c', 'd']) expect(await cache.get(key)).toBe(key)
})

test('values are found, matched, counted and cleared on every node', async () => {
  const cache = await openCache(fresh())
  for (let i = 0; i < 60; i++) await cache.set(`${i < 30 ? 'x' : 'y'}:${i}`, i)
  expect(await cache.get('x:7')).toBe(7)
  expect(await cache.delPattern('x:*')).toBe(30)
  expect(await cache.increment('n', 2)).toBe(2)
  expect(await cache.getStats()).toMatchObject({ redis: { usedMemoryBytes: expect.any(Number) } })
  expect(await cache.clear()).toBe(31)
  expect(await cache.get('y:40')).toBeNull()
  expect(await cache.healthCheck()).toMatchObject({ state: 'up', trusted: true })
})
