import Type, { type Static, type TSchema } from 'typebox'
import { Digest } from './entities/digest.ts'
import { Goal } from './entities/goal.ts'
import { Mail } from './entities/mail.ts'
import { Notification } from './entities/notification.ts'
import { Reminder } from './entities/reminder.ts'
import { FinishedSyncRun, SyncRun } from './entities/sync-run.ts'
import { Task } from './entities/task.ts'
import { WebhookHealthChange } from './entities/webhook-health-change.ts'
import { WebhookTest } from './entities/webhook-test.ts'

/** Payloads contain the entity before and after the change, as of the commit. Consumers never read it again. */
const created = <S extends TSchema>(entity: S) => Type.Object({ before: Type.Null(), after: entity })
const changed = <S extends TSchema>(entity: S) => Type.Object({ before: entity, after: entity })
const createdOrChanged = <S extends TSchema>(entity: S) =>
  Type.Object({ before: Type.Union([entity, Type.Null()]), after: entity })

/**
 * Every event that the system can emit. A name never changes its meaning: a new meaning gets a new name. Each version
 * of an entity has one primary event (created, updated or deleted); milestones (completed, assigned) follow it.
 */
export const catalogue = {
  'goal:created': created(Goal),
  'goal:updated': changed(Goal),
  'goal:deleted': changed(Goal),
  'goal:completed': changed(Goal),
  'task:created': created(Task),
  'task:updated': changed(Task),
  'task:deleted': changed(Task),
  'task:completed': changed(Task),
  'task:assigned': createdOrChanged(Task),
  'notification:sent': created(Notification),
  'reminder:due': created(Reminder),
  'sync:triggered': created(SyncRun),
  'sync:completed': created(FinishedSyncRun),
  'webhook:test': created(WebhookTest),
  'webhook:health-changed': created(WebhookHealthChange),
  'mail:planned': created(Mail),
  'digest:due': created(Digest),
} as const satisfies Record<string, TSchema>

export type EventType = keyof typeof catalogue
export const eventTypes = Object.keys(catalogue) as EventType[]

/** Events that no user reads and that never leave the installation. */
export const internalTypes = [
  ...(['mail:planned', 'digest:due', 'webhook:health-changed', 'sync:triggered'] as const),
] as const satisfies readonly EventType[]

/**
 * Every reason of an event. The first three are of a task that closed or reopened with its goal, the next three of a
 * task that its blockers or a force changed, `restored` of a restored goal or task, `purged` of a lost dependency.
 */
export const eventReasons = [
  ...(['goal-completed', 'goal-cancelled', 'goal-reopened'] as const),
  ...(['blocked', 'unblocked', 'forced', 'restored', 'purged'] as const),
] as const
export type EventReason = (typeof eventReasons)[number]

export type AggregateType =
  | ('goal' | 'task' | 'notification' | 'reminder' | 'sync_run' | 'webhook')
  | ('mail' | 'digest')

type EventData<T extends EventType> = Static<(typeof catalogue)[T]>

/** A committed event. The event with `ordinal` 0 is the primary event of `aggregateVersion`. Instants are RFC 3339. */
export type DomainEvent<T extends EventType = EventType> = {
  [K in T]: {
    id: string
    type: K
    aggregateType: AggregateType
    aggregateId: string
    aggregateVersion: number
    ordinal: number
    actorId: string
    /** The actor's token had the scope `admin`. Absent in events from before this field existed. */
    asAdmin?: boolean
    /** The API key that the actor used. Absent in events from before this field existed. */
    via?: string | null
    reason: EventReason | null
    correlationId: string | null
    causationId: string | null
    cascadeId: string | null
    traceparent: string | null
    /**
     * The assignees of a completed goal's live tasks, as of the event. Null in other events. Null or absent in events
     * from before this field existed.
     */
    assignees?: string[] | null
    occurredAt: string
  } & EventData<K>
}[T]

export const isEventType = (type: string): type is EventType => Object.hasOwn(catalogue, type)
