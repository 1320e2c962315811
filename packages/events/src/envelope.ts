import { isDeepStrictEqual } from 'node:util'
import type { DomainEvent } from './catalogue.ts'

/**
 * Returns the event as CloudEvents 1.0 JSON. `source` is the name of this installation. `id` is the id of the event and
 * stays the same in every retry.
 */
export function toCloudEvent(event: DomainEvent, source: string) {
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
    data: {
      before: event.before,
      after: event.after,
      changes: changesBetween(event.before, event.after),
      actorId: event.actorId,
      asAdmin: event.asAdmin ?? false,
      via: event.via ?? null,
      reason: event.reason,
      correlationId: event.correlationId,
      causationId: event.causationId,
      cascadeId: event.cascadeId,
    },
  }
}

/** Returns the fields that differ, each with its old and new value. Returns no fields for a new entity. */
export function changesBetween(before: object | null, after: object): Record<string, { from: unknown; to: unknown }> {
  if (before === null) return {}
  const old = before as Record<string, unknown>
  const differing = Object.entries(after).filter(([field, value]) => !isDeepStrictEqual(value, old[field]))
  return Object.fromEntries(differing.map(([field, to]) => [field, { from: old[field], to }]))
}
