import { v5 } from 'uuid'

/** The goals and tasks that a sync run sends. */
export type SyncedEntity = 'goal' | 'task'

/** The members of a goal or task that its message names. */
type Synced = { id: string; version: number; updatedAt: string }

/**
 * Returns the message of one goal or task of a sync run, as CloudEvents 1.0 JSON. Its id follows from the run, the
 * entity and the version, so every repetition has the same one. `source` is the name of this installation.
 */
export const toSyncMessage = <E extends Synced>(
  entity: SyncedEntity,
  after: E,
  { source, runId }: { source: string; runId: string },
) => ({
  specversion: '1.0',
  id: v5(`${entity}:${after.id}:${after.version}`, runId),
  source,
  type: `${entity}:synced` as const,
  subject: after.id,
  time: after.updatedAt,
  datacontenttype: 'application/json',
  aggregatetype: entity,
  aggregateversion: after.version,
  data: { runId, after },
})
