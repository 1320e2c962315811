import type { EventMetadata } from '@goals-tasks/db'
import type { EventReason, EventType } from '@goals-tasks/events'

/** The user on whose behalf a service works, and what ties the events to the request. */
export type Actor = {
  id: string
  admin: boolean
  /** The scopes of the token or of the API key. */
  scopes: ReadonlySet<string>
  /** The API key that the user's program uses. */
  via?: string
  correlationId: string
  traceparent?: string
}

/** Returns the placeholder values of the predicates that decide what an actor may see. */
export const actorValues = ({ id, admin }: Actor) => ({ actorId: id, asAdmin: admin })

/** Returns the metadata of events that an actor causes, the primary event first. */
export const eventMetadata = (actor: Actor, types: readonly EventType[], reason?: EventReason): EventMetadata => ({
  types,
  actorId: actor.id,
  asAdmin: actor.admin,
  via: actor.via,
  reason,
  correlationId: actor.correlationId,
  traceparent: actor.traceparent,
})
