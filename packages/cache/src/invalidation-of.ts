import type { Invalidation } from './invalidation.ts'
import type { EntityKind, ListGroup } from './layout.ts'

/** A committed change of an entity, as its events tell of it. */
export type ChangedEntity = {
  type: string
  aggregateId: string
  version: number
  /** Whose lists show the entity, or did before the change; nulls are nobody. */
  readers: readonly (string | null)[]
  /** The goals whose lists of tasks a task stands or stood in. */
  goalIds: readonly string[] | null
}

/** What the cache holds that is no more true after these changes. */
export function invalidationOf(events: readonly ChangedEntity[]): Invalidation {
  const versions = new Map<string, { kind: EntityKind; id: string; version: number }>()
  const groups = new Set<ListGroup>()
  for (const event of events) {
    const kind = kindOf(event.type)
    if (!kind) continue
    const key = `${kind}:${event.aggregateId}`
    if (event.version >= (versions.get(key)?.version ?? 0))
      versions.set(key, { kind, id: event.aggregateId, version: event.version })
    for (const group of groupsOf(kind, event)) groups.add(group)
  }
  return { entities: [...versions.values()], groups: [...groups] }
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
  // Where there is no goal any more, there is no list of its tasks either, though it was an empty one.
  const ofItsTasks = type === 'goal:deleted' ? [`tasks:goal:${aggregateId}` as const] : []
  return [...users.map((id) => `goals:user:${id}` as const), ...ofItsTasks]
}
