/** The ways in which the record can contradict itself, and what each one means. */
export const integrityKinds = {
  gap: 'a version of an entity has neither an event nor an audit row',
  lost: 'an event has no audit row, no delivery to audit-log and no dead letter; a discarded dead letter leaves this',
  duplicate: 'one piece of work exists twice: two events of a version, or a delivery beside its result or dead letter',
  ahead: 'an event, an audit row or a cached entry has a version that its entity has not reached',
  stale: 'an entity differs from the state that its newest event recorded',
  orphan: 'a delivery has no event, so no consumer can handle it',
  'stale-cache': 'the cache serves a version that is older than its entity',
} as const

export type IntegrityKind = keyof typeof integrityKinds

/** One contradiction. `id` is the entity, or the event of a delivery. `version` is null for a delivery. */
export type Finding = {
  kind: IntegrityKind
  subject: 'goal' | 'task' | 'delivery'
  id: string
  version: number | null
}
