import type { Change } from './invalidation.ts'
import type { EntityKind, Scope } from './layout.ts'

/** A committed change of an entity, as its events tell of it. */
export type Changed = {
  type: string
  aggregateId: string
  version: number
  /** Whose lists show the entity, or did before the change; nulls are nobody. */
  readers: readonly (string | null)[]
  /** The goals whose lists of tasks a task stands or stood in. */
  goalIds: readonly string[] | null
}

/** What the cache holds that is no more true after these changes. */
export function staleAfter(events: readonly Changed[]): Change {
  const versions = new Map<string, { kind: EntityKind; id: string; version: number }>()
  const scopes = new Set<Scope>()
  for (const event of events) {
    const kind = kindOf(event.type)
    if (!kind) continue
    const key = `${kind}:${event.aggregateId}`
    if (event.version >= (versions.get(key)?.version ?? 0))
      versions.set(key, { kind, id: event.aggregateId, version: event.version })
    for (const scope of scopesOf(kind, event)) scopes.add(scope)
  }
  return { entities: [...versions.values()], scopes: [...scopes] }
}

const kindOf = (type: string): EntityKind | undefined =>
  type.startsWith('goal:') ? 'goal' : type.startsWith('task:') ? 'task' : undefined

function scopesOf(kind: EntityKind, { type, aggregateId, readers, goalIds }: Changed): Scope[] {
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
