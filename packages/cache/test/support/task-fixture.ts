import type { Loaded } from '../../src/reads/entries.ts'
import { createBarrier, createRecord } from './memory-database.ts'
import { begin, type OpenCache } from './open-cache.ts'

export const never = () => Promise.reject(new Error('this had to come from the cache'))

/** A record with one task, `cache` in front of it, and the reads that went to the record. */
export function startWithOneTask(cache: OpenCache, readers: string[]) {
  const record = createRecord(['t'], readers)
  const loads: string[] = []
  const read = async (reader: string): Promise<Loaded | null> => {
    const found = await cache.readEntity('task', 't', reader, () => {
      loads.push(reader)
      return record.load('t', reader)
    })
    await cache.settled()
    return found
  }
  const change = (readersNow?: string[]) => {
    const version = record.write('t', readersNow)
    return cache.invalidate({ entities: [{ kind: 'task', id: 't', version }] })
  }
  /** Begins a read that is held after the record and before the fill. @returns what lets it go on, and waits for its end */
  const readLate = async (reader: string): Promise<() => Promise<void>> => {
    const early = createBarrier()
    const { result } = await begin(cache, () =>
      cache.readEntity('task', 't', reader, () => early.hold(() => record.load('t', reader))),
    )
    await early.reached
    return async () => {
      early.open()
      await result
      await cache.settled()
    }
  }
  return { cache, record, loads, read, change, readLate }
}
