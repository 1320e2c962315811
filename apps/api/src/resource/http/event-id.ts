import type { CommittedEvent } from '@goals-tasks/events'
import type { Deps, TxDeps } from '../../deps.ts'
import type { StoredResponse } from '../idempotency.ts'

type Events = readonly CommittedEvent[]

/**
 * Runs a write, and names the event of its entity in the header `Event-Id`. `entityId` is the entity that the address
 * names. A create names its parent there, or nothing, and emits the events of one entity only.
 */
export async function withEventId(
  deps: Deps | TxDeps,
  entityId: string | undefined,
  run: (deps: Deps) => Promise<StoredResponse>,
): Promise<StoredResponse> {
  const recorder = createRecorder(deps)
  const response = await run(recorder.deps)
  // An event without a reader is no change that a client made.
  const events = recorder.events().filter(({ readers }) => readers.length > 0)
  const primary = events.find(({ aggregateId }) => aggregateId === entityId) ?? events[0]
  return primary ? { ...response, headers: { ...response.headers, 'event-id': primary.id } } : response
}

/** Returns dependencies that remember the events of the last commit. In a transaction, all events are its own. */
function createRecorder(deps: Deps | TxDeps): { deps: Deps; events: () => Events } {
  if ('events' in deps.db) {
    const { events } = deps.db
    return { deps: deps as Deps, events: () => events }
  }
  let last: Events = []
  const commit = Object.fromEntries(
    Object.entries(deps.commit).map(([name, write]) => [
      name,
      async (change: never) => {
        const outcome = await write(change)
        if (outcome !== null && outcome !== 'locked') last = outcome.events
        return outcome
      },
    ]),
  )
  const transaction: Deps['transaction'] = (keys, work) =>
    deps.transaction(keys, async (tx) => {
      const result = await work(tx)
      last = tx.db.events
      return result
    })
  return { deps: { ...(deps as Deps), commit: commit as Deps['commit'], transaction }, events: () => last }
}
