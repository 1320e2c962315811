import { expect } from 'vitest'
import type { Barrier } from './barrier.ts'
import { textOf } from './memory-database.ts'
import type { Model } from './model.ts'
import { groups, ids } from './model-commands.ts'
import type { OpenCache } from './open-cache.ts'

type Caches = readonly [OpenCache, OpenCache]

/** Creates reads that reject when the result is older than the model allows. A barrier holds the load of a read. */
export function createModelReads(caches: Caches, { database, floor }: Model) {
  async function readEntity(
    process: 0 | 1,
    id: (typeof ids)[number],
    reader: string,
    barrier?: Barrier,
  ): Promise<void> {
    const lowest = floor(process, id)
    const load = () => database.load(id, reader)
    const found = await caches[process].readEntity('task', id, reader, barrier ? () => barrier.hold(load) : load)
    if (found) {
      expect(found.version).toBeGreaterThanOrEqual(lowest)
      expect(found.text).toBe(textOf(id, found.version))
      expect(database.readersAt(id, found.version)).toContain(reader)
      return
    }
    const allowed = Array.from({ length: database.version(id) - lowest + 1 }, (_, i) =>
      database.readersAt(id, lowest + i),
    )
    expect(allowed.some((readers) => !readers.includes(reader))).toBe(true)
  }

  async function readList(process: 0 | 1, barrier?: Barrier): Promise<void> {
    const lowest = ids.map((id) => [id, floor(process, id)] as const)
    const load = barrier ? () => barrier.hold(database.list) : database.list
    const { text } = await caches[process].readList({ groups, variant: 'all', holder: 'ada' }, load)
    for (const [id, version] of lowest) expect(JSON.parse(text)[id]).toBeGreaterThanOrEqual(version)
  }

  return { readEntity, readList }
}
