import type { EntityKind } from '../layout.ts'
import type { Bypass } from '../redis/bypass.ts'
import type { Generation } from '../redis/generation.ts'
import type { Guard } from '../redis/guard.ts'
import type { Memory } from '../redis/memory.ts'
import type { MissedKeys } from '../redis/missed-keys.ts'
import type { Counters } from '../stats/counters.ts'
import type { ReadKeys } from './batched-reads.ts'
import { type Entries, isStorable, type Loaded, parseEntry } from './entries.ts'
import type { InFlightLoads } from './in-flight-loads.ts'
import { type ListPage, type ListQuery, type Lists, parsePage } from './lists.ts'
import type { RecentMisses } from './recent-misses.ts'

/** A load that took longer is not stored. */
const fillWithinMs = 5_000
/** A larger text is not stored: few of them would fill Redis. */
const maxTextBytes = 64 * 1_024

type Options = {
  readKeys: ReadKeys
  entries: Entries
  lists: Lists
  generation: Pick<Generation, 'setIfAbsent'>
  inFlightLoads: InFlightLoads
  recentMisses: RecentMisses
  bypass: Pick<Bypass, 'isActive'>
  missedKeys: Pick<MissedKeys, 'hasEntity' | 'hasGroup'>
  memory: Memory
  guard: Guard
  counters: Counters
}

export function createVersionedReads(options: Options) {
  const { readKeys, entries, lists, generation, inFlightLoads, recentMisses } = options
  const { bypass, missedKeys, memory, guard, counters } = options

  /**
   * Returns what `lookUp` finds. Returns undefined for a load that fills nothing: for a first miss, when the cache is
   * bypassed, and when Redis does not answer in time.
   */
  async function unlessBypassed<T>(isMissed: boolean, lookUp: () => Promise<T | null>): Promise<T | undefined> {
    if (!isMissed && !bypass.isActive())
      try {
        const found = await lookUp()
        if (found) return found
        counters.misses++
        return
      } catch {
        // The breaker has counted the failure. A read never fails because of the cache.
      }
    counters.bypassed++
    return
  }

  /**
   * Reads an entry. An empty key gets a placeholder, so that a fill can find out whether a change came meanwhile.
   * Returns null for the first miss of an empty key, so that its reader does not wait for a placeholder.
   */
  async function lookUpEntry(key: string) {
    let [current, stored] = await readKeys([key])
    if (!stored && !recentMisses.repeats(key)) return null
    if (!current || !stored)
      [current, stored] = await guard.run(() =>
        Promise.all([current ?? generation.setIfAbsent(), stored ?? entries.setIfAbsent(key)]),
      )
    return { current, entry: parseEntry(stored) }
  }

  /**
   * Reads the slot of a list. `seen` holds the hash of the list, the generation and the lease tokens of its groups. It
   * creates absent ones. Returns null for the first miss of a page that the slot does not hold.
   */
  async function lookUpList({ key, digest }: { key: string; digest: string }, groupKeys: string[]) {
    const [current, stored, ...tokens] = await readKeys([key, ...groupKeys])
    if (!stored?.startsWith(digest) && !recentMisses.repeats(digest)) return null
    if (current && tokens.every(Boolean)) return { stored, seen: [digest, current, ...tokens].join(' ') }
    const seen = await guard.run(() =>
      Promise.all([
        current ?? generation.setIfAbsent(),
        ...groupKeys.map((group, i) => tokens[i] ?? lists.setIfAbsent(group)),
      ]),
    )
    return { stored, seen: [digest, ...seen].join(' ') }
  }

  async function fill(
    { beganAt, text }: { beganAt: number; text: string },
    store: () => Promise<boolean>,
  ): Promise<void> {
    if (performance.now() - beganAt > fillWithinMs) {
      counters.late++
      return
    }
    const bytes = Buffer.byteLength(text)
    if (bytes > maxTextBytes || !(await memory.hasRoomFor(bytes))) {
      counters.withoutRoom++
      return
    }
    try {
      if (await guard.run(store)) counters.fills++
      else counters.refused++
    } catch {
      counters.fillsFailed++
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
      const found = await unlessBypassed(missedKeys.hasEntity(kind, id), () => lookUpEntry(key))
      if (!found) return load()
      const { current, entry } = found
      const live = entry.generation === current ? entry.loaded : undefined
      if (live?.readers.includes(reader)) {
        counters.hits++
        return live
      }
      counters.misses++
      const beganAt = performance.now()
      const loadKey = `${key} ${reader} ${current} ${entry.token} ${entry.version}`
      // A missing reader proves nothing: only the database knows whether the reader may see the entity by now.
      return inFlightLoads.share(loadKey, load, async (loaded) => {
        if (!loaded || !isStorable(loaded) || loaded.version === live?.version) return
        const { text } = loaded
        await fill({ beganAt, text }, () => entries.fill(key, { token: entry.token, generation: current }, loaded))
      })
    },

    async readList(query: ListQuery, load: () => Promise<ListPage>): Promise<ListPage> {
      const place = lists.locate(query)
      const isMissed = missedKeys.hasGroup(query.groups)
      const found = await unlessBypassed(isMissed, () => lookUpList(place, query.groups.map(lists.groupKey)))
      if (!found) return load()
      const page = found.stored ? parsePage(found.stored, found.seen) : undefined
      if (page) {
        counters.hits++
        return page
      }
      counters.misses++
      const beganAt = performance.now()
      return inFlightLoads.share(`${place.key} ${found.seen}`, load, (loaded) =>
        fill({ beganAt, text: loaded.text }, () => lists.fill(place.key, found.seen, loaded)),
      )
    },
  }
}
