import type { CommittedEvent } from '@goals-tasks/events'
import type { EventMetadata } from './events.ts'

/** A committed change: the entity's JSON text, its version, and its events, the primary one first. */
export type Committed = { text: string; version: number; events: readonly CommittedEvent[] }

/**
 * The values to write, and the metadata of the events. The actor must own the row, unless `metadata.asAdmin` is set.
 */
export type Change<V> = { values: V; metadata: EventMetadata }
