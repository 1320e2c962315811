import type { EventFor } from '@goals-tasks/events'
import type { External } from './types.ts'

/** Drops what the cache holds of a changed goal or task, and the lists that it stands or stood in. */
export const cacheInvalidation: External<'cache-invalidation'> = {
  kind: 'external',
  async run({ cache }, event) {
    const keys = staleKeys(event).map((key) => `${cache.prefix}:${key}`)
    // One key per command: on a Redis Cluster they live in different slots. The client sends them together.
    await Promise.all(keys.map((key) => cache.redis.unlink(key)))
    return 'done'
  },
}

function staleKeys(event: EventFor<'cache-invalidation'>): string[] {
  switch (event.type) {
    case 'goal:created':
    case 'goal:updated':
    case 'goal:deleted':
      return [`goal:${event.aggregateId}`, `goals:user:${event.after.userId}`]
    case 'task:created':
    case 'task:updated':
    case 'task:deleted': {
      // A moved task leaves one list and enters another.
      const goalIds = new Set([event.after.goalId, event.before?.goalId ?? event.after.goalId])
      return [`task:${event.aggregateId}`, ...[...goalIds].map((goalId) => `tasks:goal:${goalId}`)]
    }
  }
}
