import type { Invalidation } from './invalidation.ts'
import { createTurnBatches } from './turn-batches.ts'

/** A batch that has this many keys takes no further change. A change with more keys is sent alone. */
const maxKeys = 500

const keysOf = ({ entities = [], groups = [] }: Invalidation): number => entities.length + groups.length

const merge = (changes: readonly Invalidation[]): Invalidation => ({
  entities: changes.flatMap(({ entities = [] }) => entities),
  groups: changes.flatMap(({ groups = [] }) => groups),
})

/**
 * Batches invalidations: those that begin in the same turn of the event loop share their commands. The changes of one
 * statement are committed together, so all of them begin in one turn. A batch is closed before it is sent. When it
 * fails, all of its changes have failed.
 */
export function createBatchedInvalidations(send: (change: Invalidation) => Promise<unknown>) {
  const batches = createTurnBatches(
    () => ({ changes: [] as Invalidation[], keys: 0 }),
    ({ changes }) => send(merge(changes)),
  )

  return (change: Invalidation): Promise<unknown> => {
    const keys = keysOf(change)
    if (keys > maxKeys) return send(change)
    const { batch, sent } = batches.open()
    batch.changes.push(change)
    batch.keys += keys
    if (batch.keys >= maxKeys) batches.close()
    return sent
  }
}
