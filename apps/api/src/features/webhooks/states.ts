import { subscriptions } from '@goals-tasks/events'
import { insufficientScope, type Scope } from '@goals-tasks/http'
import type { Actor } from '../../resource/actor.ts'

/** The scope that a token needs before a webhook may get the events of an entity. */
const entityScopes: Readonly<Record<string, Scope>> = {
  goal: 'goals:read',
  task: 'tasks:read',
  notification: 'notifications:read',
}

/** Returns the scope for the events of a type, or undefined when no webhook of a user gets them. */
const scopeOf = (type: string): Scope | undefined => entityScopes[type.split(':')[0] ?? '']

export const webhookEventTypes = subscriptions.sync.filter((type) => scopeOf(type))

/**
 * Checks that the token may read the entities whose events the webhook gets. An API key could otherwise send itself
 * more than it may read.
 * @throws Problem 403
 */
export function requireScopes({ admin, scopes }: Actor, types: readonly string[] | null): void {
  const needed = (types ?? webhookEventTypes).flatMap((type) => scopeOf(type) ?? [])
  const missing = needed.find((scope) => !admin && !scopes.has(scope))
  if (missing) throw insufficientScope(missing)
}
