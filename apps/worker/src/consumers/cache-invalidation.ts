import { type ChangedEntity, invalidationOf } from '@goals-tasks/cache'
import type { EventFor } from '@goals-tasks/events'
import type { External } from './types.ts'

/**
 * Makes what the cache holds of a changed goal or task worthless, and the lists that show it or showed it. The API did so
 * before it answered, if it lived and reached Redis; this is what makes it certain. Late or twice, it harms nothing newer.
 */
export const cacheInvalidation: External<'cache-invalidation'> = {
  kind: 'external',
  async run({ invalidate }, event) {
    await invalidate(invalidationOf([toChanged(event)]))
    return 'done'
  },
}

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
