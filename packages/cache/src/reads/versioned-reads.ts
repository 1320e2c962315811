import type { EntityKind, ListGroup } from '../layout.ts'
import type { Trust } from '../redis/bypass.ts'
import type { Generation } from '../redis/generation.ts'
import type { Guard } from '../redis/guard.ts'
import type { Tally } from '../stats/counters.ts'
import type { ReadKeys } from './batched-reads.ts'
import { type Entries, isStorable, type Loaded, parseEntry } from './entries.ts'
import type { Flights } from './in-flight-loads.ts'
import { type ListPage, type Lists, parsePage } from './lists.ts'

/** A load that took longer is not stored. */
const fillWithinMs = 5_000

type Parts = {
  read: ReadKeys
  entries: Entries
  lists: Lists
  generation: Pick<Generation, 'plant'>
  flights: Flights
  trust: Pick<Trust, 'isTrusted'>
  guard: Guard
  tally: Tally
}

export function createVersionedReads({ read, entries, lists, generation, flights, trust, guard, tally }: Parts) {
  /** What `look` finds in Redis; nothing when Redis is not to be trusted, or does not answer in time. */
  async function seen<T>(look: () => Promise<T>): Promise<T | undefined> {
    if (trust.isTrusted())
      try {
        return await look()
      } catch {
        // The breaker took note; a read never fails because of the cache.
      }
    tally.bypassed++
    return
  }

  /** Where nothing is, a mark is planted, so that a fill can tell whether a change came between. */
  async function lookAtEntry(key: string) {
    let [current, stored] = await read([key])
    if (!current || !stored)
      [current, stored] = await guard.run(() =>
        Promise.all([current ?? generation.plant(), stored ?? entries.plant(key)]),
      )
    return { current, entry: parseEntry(stored) }
  }

  async function lookAtList(key: string, groupKeys: string[]) {
    const [current, stored, ...marks] = await read([key, ...groupKeys])
    if (current && marks.every(Boolean)) return { stored, state: [current, ...marks].join(' ') }
    const planted = await guard.run(() =>
      Promise.all([current ?? generation.plant(), ...groupKeys.map((group, i) => marks[i] ?? lists.plant(group))]),
    )
    return { stored, state: planted.join(' ') }
  }

  async function fill(beganAt: number, store: () => Promise<boolean>): Promise<void> {
    if (performance.now() - beganAt > fillWithinMs) {
      tally.late++
      return
    }
    try {
      if (await guard.run(store)) tally.fills++
      else tally.refused++
    } catch {
      tally.fillsFailed++
    }
  }

  return {
    async readEntity(
      kind: EntityKind,
      id: string,
      reader: string,
      load: () => Promise<Loaded | null>,
    ): Promise<Loaded | null> {
      const key = entries.key(kind, id)
      const found = await seen(() => lookAtEntry(key))
      if (!found) return load()
      const { current, entry } = found
      const live = entry.generation === current ? entry.loaded : undefined
      if (live?.readers.includes(reader)) {
        tally.hits++
        return live
      }
      tally.misses++
      const beganAt = performance.now()
      // Not among the readers is no answer: only the database knows whether that is still so.
      return flights.share(`${key} ${reader} ${current} ${entry.mark} ${entry.version}`, load, async (loaded) => {
        if (!loaded || !isStorable(loaded) || loaded.version === live?.version) return
        await fill(beganAt, () => entries.fill(key, { mark: entry.mark, generation: current }, loaded))
      })
    },

    async readList(
      groups: readonly [ListGroup, ...ListGroup[]],
      variant: string,
      load: () => Promise<ListPage>,
    ): Promise<ListPage> {
      const key = lists.key(groups, variant)
      const found = await seen(() => lookAtList(key, groups.map(lists.groupKey)))
      if (!found) return load()
      const page = found.stored ? parsePage(found.stored, found.state) : undefined
      if (page) {
        tally.hits++
        return page
      }
      tally.misses++
      const beganAt = performance.now()
      return flights.share(`${key} ${found.state}`, load, (loaded) =>
        fill(beganAt, () => lists.fill(key, found.state, loaded)),
      )
    },
  }
}
