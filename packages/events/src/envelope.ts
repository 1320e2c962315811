import { isDeepStrictEqual } from 'node:util'
import type { DomainEvent } from './catalogue.ts'

/**
 * How the change looks to the receiver: `gained` may see the entity only after the change, and `lost` may see neither
 * state and no cause.
 */
type Visibility = 'kept' | 'gained' | 'lost'

/**
 * Returns the event as CloudEvents 1.0 JSON. `source` is the name of this installation. `id` is the id of the event and
 * stays the same in every retry.
 */
export function toCloudEvent(event: DomainEvent, source: string, visibility: Visibility = 'kept') {
  return {
    specversion: '1.0',
    id: event.id,
    source,
    type: event.type,
    subject: event.aggregateId,
    time: event.occurredAt,
    datacontenttype: 'application/json',
    aggregatetype: event.aggregateType,
    aggregateversion: event.aggregateVersion,
    ...(event.traceparent === null ? {} : { traceparent: event.traceparent }),
    data: visibility === 'lost' ? { removed: true } : changeOf(event, visibility === 'kept' ? event.before : null),
  }
}

const changeOf = (event: DomainEvent, before: DomainEvent['before']) => ({
  before,
  after: event.after,
  changes: changesBetween(before, event.after),
  actorId: event.actorId,
  asAdmin: event.asAdmin ?? false,
  via: event.via ?? null,
  reason: event.reason,
  correlationId: event.correlationId,
  causationId: event.causationId,
  cascadeId: event.cascadeId,
})

/** Returns the fields that differ, each with its old and new value. Returns no fields for a new entity. */
export function changesBetween(before: object | null, after: object): Record<string, { from: unknown; to: unknown }> {
  if (before === null) return {}
  const old = before as Record<string, unknown>
  const differing = Object.entries(after).filter(([field, value]) => !isDeepStrictEqual(value, old[field]))
  return Object.fromEntries(differing.map(([field, to]) => [field, { from: old[field], to }]))
}
