import type { AccessRule } from '../../resource/http/access.ts'

/**
 * The access rules of contacts, in the order of `matrixActors`. Each actor has a contact of their own. Only an
 * administrator sees those of others.
 */
export const contactAccess = {
  own: { live: '200 200 200 200 200 200 200' },
  removeOwn: { live: '204 204 204 204 204 204 204' },
  others: { live: '403 403 403 403 403 403 200' },
  removeOthers: { live: '403 403 403 403 403 403 204' },
} satisfies Record<string, AccessRule>
