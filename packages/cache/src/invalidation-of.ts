import type { Invalidation } from './invalidation.ts'
import type { EntityKind, ListGroup } from './layout.ts'

/** A committed change of an entity, as one of its events reports it. */
export type ChangedEntity = {
  type: string
  aggregateId: string
  version: number
  /** Users whose lists show the entity now or showed it before the change. Nulls are skipped. */
  readers: readonly (string | null)[]
  /** Goals whose task lists show the task now or showed it before the change; null for a goal. */
  goalIds: readonly string[] | null
}

/** Returns the invalidation that these changes require. It names the highest version of each entity. */
export function invalidationOf(events: readonly ChangedEntity[]): Invalidation {
  const entities = new Map<string, { kind: EntityKind; id: string; version: number }>()
  const groups = new Set<ListGroup>()
  for (const event of events) {
    const kind = kindOf(event.type)
    if (!kind) continue
    const key = `${kind}:${event.aggregateId}`
    if (event.version >= (entities.get(key)?.version ?? 0))
      entities.set(key, { kind, id: event.aggregateId, version: event.version })
    for (const group of groupsOf(kind, event)) groups.add(group)
  }
  return { entities: [...entities.values()], groups: [...groups] }
}

const kindOf = (type: string): EntityKind | undefined =>
  type.startsWith('goal:') ? 'goal' : type.startsWith('task:') ? 'task' : undefined

function groupsOf(kind: EntityKind, { type, aggregateId, readers, goalIds }: ChangedEntity): ListGroup[] {
  const users = readers.filter((id) => id !== null)
  if (kind === 'task')
    return [
      ...(goalIds ?? []).map((id) => `tasks:goal:${id}` as const),
      ...users.map((id) => `tasks:user:${id}` as const),
    ]
  // A deleted goal has no task list any more: a stored empty list must go as well.
  const taskLists = type === 'goal:deleted' ? [`tasks:goal:${aggregateId}` as const] : []
  return [...users.map((id) => `goals:user:${id}` as const), ...taskLists]
}
