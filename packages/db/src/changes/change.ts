import type { CommittedEvent } from '@goals-tasks/events'
import type { Announcement } from './events.ts'

/** A change as it was committed: the entity's JSON text, its version, and its events for the dispatcher. */
export type Committed = { text: string; version: number; events: CommittedEvent[] }
/** On whose behalf; `admin` reaches what belongs to others. */
export type Principal = { id: string; admin: boolean }
/** What is to be written, by whom, and what is announced with it. */
export type Change<V> = { by: Principal; values: V; announcement: Announcement }
