import { until } from '@goals-tasks/devstack/testing'
import { expect } from 'vitest'
import { createBarrier, createRecord } from './memory-database.ts'
import { begin, type OpenCache, openCache } from './open-cache.ts'

type Versioned = { version: number } | null
type Adjust = NonNullable<Parameters<typeof openCache>[1]>['adjust']

const reader = 'ada'
const group = 'goals:user:ada'
const older = (found: Versioned, version: number) => Number((found?.version ?? version) < version)

export async function twoProcesses(at: { url: string; prefix: string }, adjust?: Adjust) {
  return [await openCache(at, { adjust }), await openCache(at, { adjust })] as const
}

/** A reader has read the old version when the new one is committed and acknowledged; then its fill lands. @returns stale reads */
export async function raceFills([one, two]: readonly [OpenCache, OpenCache], races: number): Promise<number> {
  let stale = 0
  for (let i = 0; i < races; i++) {
    const id = `${i}`
    const record = createRecord([id], [reader])
    const load = () => record.load(id, reader)
    const read = (cache: OpenCache) => cache.readEntity('goal', id, reader, load)
    const early = createBarrier()
    const first = one.readEntity('goal', id, reader, () => early.hold(load))
    await early.reached
    const version = record.write(id)
    expect(await two.invalidate({ entities: [{ kind: 'goal', id, version }] })).toBe(true)
    // Half of the races have a reader who could join the first; in the others nothing newer is there when it lands.
    const second = i % 2 === 0 ? await begin(one, () => read(one)) : undefined
    early.open()
    stale += older((await second?.result) ?? null, version)
    await first
    await one.settled()
    for (const cache of [one, two]) stale += older(await read(cache), version)
  }
  return stale
}

/** The same with a list. @returns stale reads */
export async function raceLists([one, two]: readonly [OpenCache, OpenCache], races: number): Promise<number> {
  let stale = 0
  const record = createRecord(['a'], [reader])
  const read = async (cache: OpenCache): Promise<Versioned> => {
    const { text } = await cache.readList([group], 'all', record.list)
    return { version: JSON.parse(text).a }
  }
  for (let i = 0; i < races; i++) {
    const early = createBarrier()
    expect(await one.invalidate({ groups: [group] })).toBe(true)
    const first = one.readList([group], 'all', () => early.hold(record.list))
    await early.reached
    const version = record.write('a')
    expect(await two.invalidate({ groups: [group] })).toBe(true)
    const second = i % 2 === 0 ? await begin(one, () => read(one)) : undefined
    early.open()
    stale += older((await second?.result) ?? null, version)
    await first
    await one.settled()
    for (const cache of [one, two]) stale += older(await read(cache), version)
    await two.settled()
  }
  return stale
}

/** Both processes hold what one changes while it cannot reach Redis; once it trusts the cache again, all is new. @returns stale reads */
export async function raceOutages([one, two]: readonly [OpenCache, OpenCache], races: number): Promise<number> {
  let stale = 0
  const ids = Array.from({ length: 100 }, (_, i) => `outage-${i}`)
  const record = createRecord(ids, [reader])
  const readAll = (cache: OpenCache) =>
    Promise.all(ids.map((id) => cache.readEntity('goal', id, reader, () => record.load(id, reader))))
  for (let done = 0; done < races; done += ids.length) {
    for (const cache of [one, two]) {
      await readAll(cache)
      await cache.settled()
    }
    one.redis.disconnect()
    await until(() => !one.isTrusted())
    for (const id of ids)
      expect(await one.invalidate({ entities: [{ kind: 'goal', id, version: record.write(id) }] })).toBe(false)
    for (const own of await readAll(one)) stale += older(own, record.version(ids[0] ?? ''))
    await one.redis.connect()
    await until(one.isTrusted)
    for (const cache of [one, two])
      for (const found of await readAll(cache)) stale += older(found, record.version(ids[0] ?? ''))
  }
  return stale
}
