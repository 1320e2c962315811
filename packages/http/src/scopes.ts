/** Every permission that a token may carry. */
export const scopes = {
  'goals:read': 'read goals',
  'goals:write': 'create and change goals',
  'tasks:read': 'read tasks',
  'tasks:write': 'create and change tasks',
  'notifications:read': 'read notifications',
  'notifications:write': 'mark notifications as read',
  'webhooks:read': 'read webhooks',
  'webhooks:write': 'manage webhooks',
  'api-keys:read': 'read your API keys',
  'api-keys:write': 'create, rename and revoke API keys',
  sync: 'start synchronisations',
  ops: 'use ops',
  admin: 'read and change the goals and tasks of every user',
} as const

export type Scope = keyof typeof scopes

/** The scopes of a user's token by default. */
export const userScopes = (Object.keys(scopes) as Scope[]).filter((scope) => scope !== 'ops' && scope !== 'admin')
