import Type, { type Static, type TSchema } from 'typebox'
import { Goal } from './entities/goal.ts'
import { Notification } from './entities/notification.ts'
import { SyncRun } from './entities/sync-run.ts'
import { Task } from './entities/task.ts'

/** What a change carries: the entity as it was and as it is, taken at commit and never read again later. */
const appeared = <S extends TSchema>(entity: S) => Type.Object({ before: Type.Null(), after: entity })
const changed = <S extends TSchema>(entity: S) => Type.Object({ before: entity, after: entity })
const appearedOrChanged = <S extends TSchema>(entity: S) =>
  Type.Object({ before: Type.Union([entity, Type.Null()]), after: entity })

/**
 * Every fact that the system can announce. A name never changes its meaning: a new meaning is a new name.
 * Each version of an entity has one primary event (created, updated or deleted); milestones (completed, assigned) follow it.
 */
export const catalogue = {
  'goal:created': appeared(Goal),
  'goal:updated': changed(Goal),
  'goal:deleted': changed(Goal),
  'goal:completed': changed(Goal),
  'task:created': appeared(Task),
  'task:updated': changed(Task),
  'task:deleted': changed(Task),
  'task:completed': changed(Task),
  'task:assigned': appearedOrChanged(Task),
  'notification:sent': appeared(Notification),
  'sync:triggered': appeared(SyncRun),
} as const satisfies Record<string, TSchema>

export type EventType = keyof typeof catalogue
export const eventTypes = Object.keys(catalogue) as EventType[]

/** In the catalogue for its readers' sake, but nothing emits these yet. */
export const emittedLater = ['sync:triggered'] as const satisfies readonly EventType[]

export const aggregateTypes = ['goal', 'task', 'notification', 'sync_run'] as const
export type AggregateType = (typeof aggregateTypes)[number]

export type EventData<T extends EventType> = Static<(typeof catalogue)[T]>

/** A committed event, as a consumer gets it. `ordinal` 0 is the primary event of `aggregateVersion`. */
export type DomainEvent<T extends EventType = EventType> = {
  [K in T]: {
    id: string
    type: K
    aggregateType: AggregateType
    aggregateId: string
    aggregateVersion: number
    ordinal: number
    actorId: string
    /** The actor's token had the scope `admin`. Absent from events of before that was noted. */
    asAdmin?: boolean
    reason: string | null
    correlationId: string | null
    causationId: string | null
    cascadeId: string | null
    traceparent: string | null
    occurredAt: string
  } & EventData<K>
}[T]

export const isEventType = (type: string): type is EventType => Object.hasOwn(catalogue, type)
