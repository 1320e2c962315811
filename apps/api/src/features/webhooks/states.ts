import { subscriptions } from '@goals-tasks/events'
import type { Scope } from '@goals-tasks/http'

/** The scope that a token needs before a webhook may get the events of an entity. */
const entityScopes: Readonly<Record<string, Scope>> = {
  goal: 'goals:read',
  task: 'tasks:read',
  notification: 'notifications:read',
}

/** Returns the scope for the events of a type, or undefined when no webhook of a user gets them. */
export const scopeOf = (type: string): Scope | undefined => entityScopes[type.split(':')[0] ?? '']

export const webhookEventTypes = subscriptions.sync.filter((type) => scopeOf(type))
