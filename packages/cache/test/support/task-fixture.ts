import type { Loaded } from '../../src/reads/entries.ts'
import { createBarrier } from './barrier.ts'
import { createMemoryDatabase } from './memory-database.ts'
import { begin, type OpenCache } from './open-cache.ts'

/** A load for reads that the cache must answer. */
export const mustNotLoad = () => Promise.reject(new Error('the cache called load instead of answering'))

/** Creates a database with one task and `cache` in front of it. `loads` names the reader of each load. */
export function createTaskFixture(cache: OpenCache, readers: string[]) {
  const database = createMemoryDatabase(['t'], readers)
  const loads: string[] = []

  const read = async (reader: string): Promise<Loaded | null> => {
    const found = await cache.readEntity('task', 't', reader, () => {
      loads.push(reader)
      return database.load('t', reader)
    })
    await cache.fillsDone()
    return found
  }
  const change = (newReaders?: string[]) => {
    const version = database.write('t', newReaders)
    return cache.invalidate({ entities: [{ kind: 'task', id: 't', version }] })
  }
  /** Begins a read and holds it between its load and its fill. Returns a function that lets it finish. */
  const beginLateFill = async (reader: string): Promise<() => Promise<void>> => {
    const barrier = createBarrier()
    const { result } = await begin(cache, () =>
      cache.readEntity('task', 't', reader, () => barrier.hold(() => database.load('t', reader))),
    )
    await barrier.reached
    return async () => {
      barrier.open()
      await result
      await cache.fillsDone()
    }
  }
  return { cache, database, loads, read, change, beginLateFill }
}
