import { type ChangedEntity, type Invalidation, invalidationOf } from '@goals-tasks/cache'
import type { EventFor } from '@goals-tasks/events'
import type { External } from './contract.ts'
import { done } from './results.ts'

export type CacheInvalidationDeps = {
  /** Throws when the cache's Redis did not confirm the invalidation. */
  invalidate: (change: Invalidation) => Promise<void>
}

/**
 * Invalidates a changed goal or task in the cache, and every list that shows it or showed it. The API has done so
 * before it answered, unless it crashed or could not reach Redis. A late or repeated invalidation removes nothing
 * newer.
 */
export const createCacheInvalidation = ({ invalidate }: CacheInvalidationDeps): External<'cache-invalidation'> => ({
  kind: 'external',
  async run(event) {
    await invalidate(invalidationOf([toChanged(event)]))
    return done
  },
})

function toChanged(event: EventFor<'cache-invalidation'>): ChangedEntity {
  const { type, aggregateId, aggregateVersion: version } = event
  switch (event.type) {
    case 'goal:created':
    case 'goal:updated':
    case 'goal:deleted':
      return { type, aggregateId, version, readers: [event.after.userId], goalIds: null }
    case 'task:created':
    case 'task:updated':
    case 'task:deleted': {
      const states = event.before ? [event.before, event.after] : [event.after]
      return {
        ...{ type, aggregateId, version },
        readers: states.flatMap((task) => [task.ownerId, task.assignedTo, task.userId]),
        goalIds: states.map((task) => task.goalId),
      }
    }
  }
}
