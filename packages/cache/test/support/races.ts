import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { createBarrier } from './barrier.ts'
import { createMemoryDatabase } from './memory-database.ts'
import { begin, type Mutate, type OpenCache, openCache } from './open-cache.ts'

type Versioned = { version: number } | null
type Processes = readonly [OpenCache, OpenCache]

const reader = 'ada'
const group = 'goals:user:ada'
const countStale = (found: Versioned, version: number) => Number((found?.version ?? version) < version)

export async function openTwo(at: { url: string; prefix: string }, mutate?: Mutate): Promise<Processes> {
  return [await openCache(at, { mutate }), await openCache(at, { mutate })]
}

/**
 * Races late fills of an entity: a reader loads the old version, then the new one is committed and acknowledged, then
 * the reader's fill arrives. Returns the number of stale reads.
 */
export async function raceFills([one, two]: Processes, races: number): Promise<number> {
  let stale = 0
  for (let i = 0; i < races; i++) {
    const id = `${i}`
    const database = createMemoryDatabase([id], [reader])
    const load = () => database.load(id, reader)
    const read = (cache: OpenCache) => cache.readEntity('goal', id, reader, load)
    const barrier = createBarrier()
    const first = one.readEntity('goal', id, reader, () => barrier.hold(load))
    await barrier.reached
    const version = database.write(id)
    expect(await two.invalidate({ entities: [{ kind: 'goal', id, version }] })).toBe(true)
    // In half of the races a second reader could join the first. In the others the late fill finds nothing newer.
    const second = i % 2 === 0 ? await begin(one, () => read(one)) : undefined
    barrier.open()
    stale += countStale((await second?.result) ?? null, version)
    await first
    await one.fillsDone()
    for (const cache of [one, two]) stale += countStale(await read(cache), version)
  }
  return stale
}

/** Races late fills of a list in the same way. Returns the number of stale reads. */
export async function raceLists([one, two]: Processes, races: number): Promise<number> {
  let stale = 0
  const database = createMemoryDatabase(['a'], [reader])
  const read = async (cache: OpenCache): Promise<Versioned> => {
    const { text } = await cache.readList({ groups: [group], variant: 'all', holder: 'ada' }, database.list)
    return { version: JSON.parse(text).a }
  }
  for (let i = 0; i < races; i++) {
    const barrier = createBarrier()
    expect(await one.invalidate({ groups: [group] })).toBe(true)
    const first = one.readList({ groups: [group], variant: 'all', holder: 'ada' }, () => barrier.hold(database.list))
    await barrier.reached
    const version = database.write('a')
    expect(await two.invalidate({ groups: [group] })).toBe(true)
    const second = i % 2 === 0 ? await begin(one, () => read(one)) : undefined
    barrier.open()
    stale += countStale((await second?.result) ?? null, version)
    await first
    await one.fillsDone()
    for (const cache of [one, two]) stale += countStale(await read(cache), version)
    await two.fillsDone()
  }
  return stale
}

/**
 * Changes entities that both processes hold while one of them cannot reach Redis, then reads them after its bypass has
 * ended. Returns the number of stale reads.
 */
export async function raceOutages([one, two]: Processes, races: number): Promise<number> {
  let stale = 0
  const ids = Array.from({ length: 100 }, (_, i) => `outage-${i}`)
  const database = createMemoryDatabase(ids, [reader])
  const version = () => database.version(ids[0] ?? '')
  const readAll = (cache: OpenCache) =>
    Promise.all(ids.map((id) => cache.readEntity('goal', id, reader, () => database.load(id, reader))))
  for (let done = 0; done < races; done += ids.length) {
    for (const cache of [one, two]) {
      await readAll(cache)
      await cache.fillsDone()
    }
    one.redis.disconnect()
    await until(one.isBypassed)
    for (const id of ids)
      expect(await one.invalidate({ entities: [{ kind: 'goal', id, version: database.write(id) }] })).toBe(false)
    for (const found of await readAll(one)) stale += countStale(found, version())
    await one.redis.connect()
    await until(one.isUsed)
    for (const cache of [one, two]) for (const found of await readAll(cache)) stale += countStale(found, version())
  }
  return stale
}
